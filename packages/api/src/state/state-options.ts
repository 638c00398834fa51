import { MillraceError, type StateTtlConfig } from '@millrace/core'
import type { CallSite } from '../stream/call-site.ts'

/** What any state may be given beside its name and types. */
export interface StateOptions {
  /** When its entries expire. Without it: never. */
  readonly ttl?: StateTtlConfig
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

/** The time to live, if it can be one. */
export function checkedTtl(options: StateOptions, callSite: CallSite): StateTtlConfig | undefined {
  const { ttl } = options
  if (ttl === undefined) return undefined
  const { ms, update, visibility } = ttl
  if (!Number.isSafeInteger(ms) || ms <= 0) {
    throw argumentInvalid(
      `The time to live at ${callSite} has ms: ${String(ms)}. Wanted: a whole number of ` +
        `milliseconds above 0, such as { ttl: { ms: 86_400_000 } }.`,
    )
  }
  if (!updates.includes(update)) throw unknownWord('update', update, updates, callSite)
  if (visibilities.includes(visibility)) return ttl
  throw unknownWord('visibility', visibility, visibilities, callSite)
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
