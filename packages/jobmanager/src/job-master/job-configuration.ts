import { MillraceError } from '@millrace/core'

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Typed reading of a job's configuration. What is written wrongly throws CONFIG_VALUE_INVALID. */
export class JobConfiguration {
  readonly #values: Readonly<Record<string, string>>

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values
  }

  /** A duration: '500 ms', '1 s', '2 min', '1 h', '1 d'; a bare number counts milliseconds. */
  durationMs(key: string, defaultMs: number): number {
    const text = this.#values[key]
    if (text === undefined) return defaultMs
    const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim().toLowerCase())
    const unit = match?.[2] === '' ? 1 : unitMs[match?.[2] ?? '']
    if (match === null || unit === undefined) {
      throw invalid(key, text, "a duration such as '500 ms', '1 s', '2 min' or '1 h'")
    }
    return Math.round(Number(match[1]) * unit)
  }

  /** A whole number of at least 0, or 'infinite'. */
  count(key: string, defaultCount: number): number {
    const text = this.#values[key]
    if (text === undefined) return defaultCount
    if (text.trim().toLowerCase() === 'infinite') return Number.POSITIVE_INFINITY
    if (!/^\d+$/.test(text.trim())) throw invalid(key, text, "a whole number or 'infinite'")
    return Number(text)
  }

  /** A number within bounds, both included. */
  fraction(
    key: string,
    defaultValue: number,
    bounds: { readonly min: number; readonly max?: number },
  ): number {
    const text = this.#values[key]
    if (text === undefined) return defaultValue
    const { min, max = Number.MAX_VALUE } = bounds
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value >= min && value <= max) return value
    const range = bounds.max === undefined ? `of at least ${min}` : `from ${min} to ${max}`
    throw invalid(key, text, `a number ${range}`)
  }

  /** One of `choices`, by name; the message of an error lists `shown`. */
  choice<T>(
    key: string,
    defaultName: string,
    shown: readonly string[],
    choices: Readonly<Record<string, T>>,
  ): T {
    const text = this.#values[key] ?? defaultName
    const name = text.trim().toLowerCase()
    const chosen = Object.hasOwn(choices, name) ? choices[name] : undefined
    if (chosen === undefined) throw invalid(key, text, `one of ${shown.join(', ')}`)
    return chosen
  }
}

function invalid(key: string, text: string, wanted: string): MillraceError {
  return new MillraceError(
    'CONFIG_VALUE_INVALID',
    `The value '${text}' of ${key} is not ${wanted}. Correct it where it is set: ` +
      'in the submission (--set), in the program, or in the configuration of the cluster.',
    { disposition: 'reject-request', blame: 'user', details: { key, value: text } },
  )
}
