/** '500 ms', '10 s', '2 min', '1 h', or a number of milliseconds. */
export type Duration = string | number

/** What happens when a task fails. What is left out is as configured. */
export type RestartStrategy =
  /** The job fails. */
  | { readonly type: 'none' }
  /** A number of restarts, a pause before each. */
  | {
      readonly type: 'fixed-delay'
      readonly attempts?: number | undefined
      readonly delay?: Duration | undefined
    }
  /** Fails when there are too many failures in a time. */
  | {
      readonly type: 'failure-rate'
      readonly maxFailuresPerInterval?: number | undefined
      readonly failureRateInterval?: Duration | undefined
      readonly delay?: Duration | undefined
    }
  /** Pauses that grow with each failure and shrink back after a quiet time. */
  | {
      readonly type: 'exponential-delay'
      readonly initialBackoff?: Duration | undefined
      readonly maxBackoff?: Duration | undefined
      readonly backoffMultiplier?: number | undefined
      readonly jitterFactor?: number | undefined
      readonly resetBackoffThreshold?: Duration | undefined
      readonly attemptsBeforeResetBackoff?: number | undefined
    }

/** Flink's keys of the strategy, as the program's configuration holds them. */
export function restartStrategyConfig(
  strategy: RestartStrategy,
): readonly (readonly [key: string, value: string])[] {
  const { type, ...settings } = strategy
  const entries: (readonly [string, string])[] = [['restart-strategy.type', type]]
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue
    const isDuration = durations.has(name) && typeof value === 'number'
    const key = `restart-strategy.${type}.${keyOf(name)}`
    entries.push([key, isDuration ? `${value} ms` : String(value)])
  }
  return entries
}

const durations: ReadonlySet<string> = new Set([
  'delay',
  'failureRateInterval',
  'initialBackoff',
  'maxBackoff',
  'resetBackoffThreshold',
])

/** `maxFailuresPerInterval` → `max-failures-per-interval`. */
function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
