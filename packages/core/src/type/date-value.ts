// Dates as values of records and keys. The time of day comes from a Clock alone, so code must not
// touch `Date`; these lines may, because they never ask what time it is.

// biome-ignore lint/style/noRestrictedGlobals: the type of a value.
export type DateValue = Date

export function isDate(value: unknown): value is DateValue {
  // biome-ignore lint/style/noRestrictedGlobals: a test of a value.
  return value instanceof Date
}

/** The date of a time in milliseconds since 1970; NaN gives an invalid date. */
export function dateOf(timeMs: number): DateValue {
  // biome-ignore lint/style/noRestrictedGlobals: made of a given time.
  return new Date(timeMs)
}
