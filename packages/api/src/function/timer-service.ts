/** Whether a timer waits for the clock of the machine, or for the watermark. */
export type TimeDomain = 'event-time' | 'processing-time'

/**
 * Time, and timers of the current key. Setting a timer asks for a call of `onTimer` with that
 * timestamp: once, however often it was set. Only functions of keyed streams that have an `onTimer`
 * can set timers.
 */
export interface TimerService {
  /** Milliseconds since 1970, as the clock of the machine shows it. */
  currentProcessingTime(): number
  /** No record with an earlier event time will follow; -Infinity where nothing is known of it. */
  currentWatermark(): number
  /**
   * Calls `onTimer` for the current key as soon as the clock has passed `timestamp` (milliseconds
   * since 1970, a whole number); one that has been passed already fires soon.
   *
   * @throws MillraceError KEY_INVALID where there is no current key; ARGUMENT_INVALID where the
   * function has no `onTimer`, or the timestamp is not a whole number.
   */
  registerProcessingTimeTimer(timestamp: number): void
  /** Takes back what `registerProcessingTimeTimer` was asked for; nothing, where it was not. */
  deleteProcessingTimeTimer(timestamp: number): void
}
