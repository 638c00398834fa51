/** A timer that was set; `cancel` after it fired does nothing. */
export interface Timer {
  cancel(): void
}

/** Time as code sees it. The real one is `SystemClock`, the simulated one is virtual. */
export interface Clock {
  /** Milliseconds since 1970, as the wall shows it; may jump. For logs, records and users. */
  now(): number
  /** Milliseconds of a clock that never goes back, with fractions. For durations and deadlines. */
  monotonicMs(): number
  /** Calls `callback` once, `delayMs` from now at the earliest. */
  setTimer(delayMs: number, callback: () => void): Timer
  /** Calls `callback` after the I/O that is ready now; how a loop yields. */
  setImmediate(callback: () => void): void
}
