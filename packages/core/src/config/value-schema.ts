import { z } from 'zod'
import { formatDurationMs, parseDurationMs } from './duration.ts'
import { formatMemorySizeBytes, parseMemorySizeBytes } from './memory-size.ts'

/** Reads the text of a value; its `description` is the form a user is told to write. */
export type ValueSchema<T> = z.ZodType<T, string>

interface DurationBounds {
  readonly minMs?: number
  /** It has a meaning of its own. */
  readonly isZeroAllowed?: boolean
}

/** Milliseconds. */
export function duration(bounds: DurationBounds = {}): ValueSchema<number> {
  return parsed((text) => durationMsWithin(text, bounds), durationForm(bounds))
}

/** Milliseconds, or the word. */
export function durationOrAuto(bounds: DurationBounds = {}): ValueSchema<number | 'auto'> {
  return parsed(
    (text) => (text.toLowerCase() === 'auto' ? 'auto' : durationMsWithin(text, bounds)),
    `${durationForm(bounds)}, or auto`,
  )
}

/** Bytes. */
export function memorySize(
  bounds: { readonly min?: number; readonly max?: number } = {},
): ValueSchema<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds
  const limits =
    bounds.max === undefined
      ? ''
      : `, from ${formatMemorySizeBytes(min)} to ${formatMemorySizeBytes(max)}`
  return parsed(
    (text) => within(parseMemorySizeBytes(text), min, max),
    `a memory size such as '32 kb', '64 mb' or '1 gb'${limits}`,
  )
}

export function wholeNumber(bounds: {
  readonly min: number
  readonly max?: number
}): ValueSchema<number> {
  const { min, max } = bounds
  const form =
    max === undefined ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`
  return parsed((text) => {
    const number = /^-?\d+$/.test(text) ? Number(text) : undefined
    return within(number, min, max ?? Number.MAX_SAFE_INTEGER)
  }, form)
}

export function fraction(bounds: {
  readonly min: number
  readonly max: number
}): ValueSchema<number> {
  const { min, max } = bounds
  return parsed((text) => {
    const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
    return within(number, min, max)
  }, `a number from ${min} to ${max}`)
}

/** A TCP port; 0 takes any free one. */
export function port(): ValueSchema<number> {
  return wholeNumber({ min: 0, max: 65_535 })
}

export function oneOf<const Choice extends string>(
  ...choices: readonly Choice[]
): ValueSchema<Choice> {
  return parsed(
    (text) => choices.find((choice) => choice === text.toLowerCase()),
    `one of ${choices.join(', ')}`,
  )
}

/** Names of each choice, the first one shown; case, `-` and `_` make no difference. */
export function oneOfNames<Choice extends string>(
  namesByChoice: Readonly<Record<Choice, readonly string[]>>,
): ValueSchema<Choice> {
  const choices = Object.keys(namesByChoice) as Choice[]
  const plain = (name: string): string => name.toLowerCase().replaceAll('-', '_')
  return parsed(
    (text) => {
      return choices.find((choice) =>
        namesByChoice[choice].some((name) => plain(name) === plain(text)),
      )
    },
    `one of ${choices.join(', ')}`,
  )
}

/** A switch. */
export function trueOrFalse(): ValueSchema<boolean> {
  return parsed((value) => {
    const word = value.toLowerCase()
    return word === 'true' ? true : word === 'false' ? false : undefined
  }, 'true or false')
}

/** Any text that is not empty. */
export function text(form = 'a text that is not empty'): ValueSchema<string> {
  return parsed((value) => (value === '' ? undefined : value), form)
}

/** Where a server is. */
export function httpUrl(): ValueSchema<string> {
  return parsed((value) => {
    const isHttp = /^https?:\/\/[^/]/.test(value) && URL.canParse(value)
    return isHttp ? value : undefined
  }, 'a URL that begins with http:// or https://')
}

/** Texts with `;` between them, at least one. */
export function textList(form: string): ValueSchema<readonly string[]> {
  return parsed((value) => {
    const items = value.split(';').map((item) => item.trim())
    return items.includes('') ? undefined : items
  }, form)
}

function parsed<T>(parse: (text: string) => T | undefined, form: string): ValueSchema<T> {
  return z
    .string()
    .transform((value, context): T => {
      const result = parse(value.trim())
      if (result !== undefined) return result
      context.addIssue({ code: 'custom', message: form })
      return z.NEVER
    })
    .describe(form)
}

function durationMsWithin(text: string, bounds: DurationBounds): number | undefined {
  const durationMs = parseDurationMs(text)
  if (bounds.isZeroAllowed === true && durationMs === 0) return durationMs
  return within(durationMs, bounds.minMs ?? 0, Number.MAX_SAFE_INTEGER)
}

function durationForm({ minMs = 0, isZeroAllowed = false }: DurationBounds): string {
  return (
    "a duration such as '500 ms', '1 s' or '2 min' (a whole number and ms, s, min, h or d)" +
    `${minMs === 0 ? '' : ` of at least ${formatDurationMs(minMs)}`}` +
    `${isZeroAllowed ? ', or 0' : ''}`
  )
}

function within(number: number | undefined, min: number, max: number): number | undefined {
  return number !== undefined && number >= min && number <= max ? number : undefined
}
