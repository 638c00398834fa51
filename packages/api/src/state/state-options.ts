import { MillraceError, parseDurationMs, type StateTtlConfig } from '@millrace/core'
import type { Duration } from '../environment/restart-strategy.ts'
import type { CallSite } from '../stream/call-site.ts'

/** A time to live with its further options: `{ time: '10 min', update: 'on-read-and-write' }`. */
export interface StateTtlOptions extends Omit<StateTtlConfig, 'ms'> {
  /** '500 ms', '10 s', '2 min', '1 h', or a number of milliseconds; above 0. */
  readonly time: Duration
}

/** What any state may be given beside its name and types. */
export interface StateOptions {
  /** When its entries expire: `'10 min'`, or more in an object. Without it: never. */
  readonly ttl?: Duration | StateTtlOptions | StateTtlConfig
  /**
   * The name it had: what a savepoint has under that one is restored into this state. Once a
   * savepoint was taken that has the new name it can go.
   */
  readonly movedFrom?: string
}

const updates: readonly unknown[] = [undefined, 'on-create-and-write', 'on-read-and-write']
const visibilities: readonly unknown[] = [
  ...[undefined, 'never-return-expired', 'return-expired-if-not-cleaned-up'],
]

/** The name, if it can be one. Names that begin with `_` are those of the engine's own states. */
export function checkedName(name: string, callSite: CallSite): string {
  if (typeof name === 'string' && /^[^_]/.test(name)) return name
  throw argumentInvalid(
    `${JSON.stringify(name)} at ${callSite} cannot be the name of a state. Wanted: a text that is` +
      ` not empty and does not begin with '_'.`,
  )
}

/** The name that the state had, if it can be one. */
export function checkedFormerName(
  { movedFrom }: StateOptions,
  callSite: CallSite,
): string | undefined {
  return movedFrom === undefined ? undefined : checkedName(movedFrom, callSite)
}

/** The time to live, if it can be one. */
export function checkedTtl(options: StateOptions, callSite: CallSite): StateTtlConfig | undefined {
  const { ttl } = options
  if (ttl === undefined) return undefined
  const given = typeof ttl === 'object' && ttl !== null ? ttl : { time: ttl }
  const { update, visibility } = given
  const [option, time] = 'time' in given ? ['time', given.time] : ['ms', given.ms]
  // A text has a place in `time` alone: `ms` says its unit.
  const ms = option === 'time' && typeof time === 'string' ? parseDurationMs(time) : time
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms <= 0) {
    throw argumentInvalid(
      `The time to live at ${callSite} has ${option}: ${String(time)}. Wanted: a duration above ` +
        "0, such as { ttl: '10 min' } (a whole number and ms, s, min, h or d), or a whole number " +
        'of milliseconds, such as { ttl: { ms: 600_000 } }.',
    )
  }
  if (!updates.includes(update)) throw unknownWord('update', update, updates, callSite)
  if (!visibilities.includes(visibility)) {
    throw unknownWord('visibility', visibility, visibilities, callSite)
  }
  return {
    ms,
    ...(update === undefined ? {} : { update }),
    ...(visibility === undefined ? {} : { visibility }),
  }
}

function unknownWord(
  option: string,
  value: unknown,
  known: readonly unknown[],
  callSite: CallSite,
): MillraceError {
  const words = known.filter((word) => word !== undefined).join(' or ')
  return argumentInvalid(
    `The time to live at ${callSite} has ${option}: ${String(value)}. Wanted: ${words}.`,
  )
}

function argumentInvalid(message: string): MillraceError {
  return new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
}
