// Flink's syntax of durations: a whole number and a unit, '500 ms', '1 s', '2min', '1 h', '3 days'.

const unitMs: readonly (readonly [names: readonly string[], ms: number])[] = [
  [['d', 'day', 'days'], 86_400_000],
  [['h', 'hour', 'hours'], 3_600_000],
  [['m', 'min', 'minute', 'minutes'], 60_000],
  [['s', 'sec', 'secs', 'second', 'seconds'], 1000],
  [['ms', 'milli', 'millis', 'millisecond', 'milliseconds'], 1],
]

/** Milliseconds of a duration as Flink writes it; no unit means milliseconds. undefined: none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text)
  if (match === null) return undefined
  const unit = (match[2] ?? '').toLowerCase() || 'ms'
  const ms = unitMs.find(([names]) => names.includes(unit))?.[1]
  if (ms === undefined) return undefined
  const result = Number(match[1]) * ms
  return Number.isSafeInteger(result) ? result : undefined
}

/** The shortest text that `parseDurationMs` reads as this many whole milliseconds. */
export function formatDurationMs(durationMs: number): string {
  for (const [names, ms] of unitMs) {
    if (durationMs !== 0 && durationMs % ms === 0) {
      return `${durationMs / ms} ${ms === 60_000 ? 'min' : names[0]}`
    }
  }
  return `${durationMs} ms`
}
