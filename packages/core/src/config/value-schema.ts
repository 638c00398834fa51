import { parseDurationMs } from './duration.ts'
import { formatMemorySizeBytes, parseMemorySizeBytes } from './memory-size.ts'

// Every process and every command reads its configuration before anything else, and no value is
// more than a text: loading a library for that would take a good part of the time they start in.

/** Reads the text of a value. */
export interface ValueSchema<T> {
  /** The form a user is told to write. */
  readonly description: string
  /** undefined where the text, trimmed, does not have that form. */
  readonly parse: (text: string) => T | undefined
}

/** Milliseconds. */
export function duration(): ValueSchema<number> {
  return parsed(parseDurationMs, "a duration such as '500 ms', '1 s' or '2 min'")
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

function parsed<T>(parse: (text: string) => T | undefined, form: string): ValueSchema<T> {
  return { description: form, parse: (text) => parse(text.trim()) }
}

function within(number: number | undefined, min: number, max: number): number | undefined {
  return number !== undefined && number >= min && number <= max ? number : undefined
}
