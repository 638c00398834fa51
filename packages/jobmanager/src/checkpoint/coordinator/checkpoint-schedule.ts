import type { CheckpointOptions } from '../checkpoint-options.ts'
import { AutoInterval, type CheckpointCost } from './auto-interval.ts'
import type { CheckpointOutbox } from './checkpoint-command.ts'

/** The final checkpoint of a bounded job is tried again this soon, or after the interval. */
const finalRetryMsMax = 1_000

/** When the next checkpoint may be triggered, and the one timer that says so. Pure. */
export class CheckpointSchedule {
  readonly #options: CheckpointOptions
  readonly #outbox: CheckpointOutbox
  /** undefined: the interval stays as it is. */
  readonly #auto: AutoInterval | undefined
  #intervalMs: number
  /** Of the next that the interval asks for; undefined while the tasks do not all run. */
  #dueMs: number | undefined
  #earliestMs = 0
  #finalEarliestMs = 0
  /** When the timer fires that is set. */
  #timerMs: number | undefined

  constructor(options: CheckpointOptions, outbox: CheckpointOutbox) {
    this.#options = options
    this.#outbox = outbox
    const { intervalMs, maxReplayMs } = options
    this.#auto = intervalMs === 'auto' ? new AutoInterval(maxReplayMs) : undefined
    this.#intervalMs = this.#auto?.intervalMs ?? Number(intervalMs)
  }

  /** The tasks do not all run: the interval begins anew when they do. */
  suspend(): void {
    this.#dueMs = undefined
    this.#cancelTimer()
  }

  /**
   * Whether one is to be triggered now; if not, it will be asked again in time.
   *
   * @param isFinal Whatever the interval and the pause say: all tasks wait for it.
   * @param isAllowed False: something else has to happen first.
   */
  isDue(nowMs: number, isFinal: boolean, isAllowed: boolean): boolean {
    this.#dueMs ??= nowMs + this.#intervalMs
    if (!isAllowed) {
      this.#cancelTimer()
      return false
    }
    const earliestMs = isFinal ? this.#finalEarliestMs : Math.max(this.#dueMs, this.#earliestMs)
    if (nowMs >= earliestMs) return true
    if (this.#timerMs === earliestMs) return false
    this.#timerMs = earliestMs
    const delayMs = earliestMs - nowMs
    this.#outbox.push({ kind: 'set-timer', timer: 'checkpoint-trigger', delayMs })
    return false
  }

  onTriggered(nowMs: number): void {
    this.#dueMs = nowMs + this.#intervalMs
  }

  /** One is complete: the next may be due at another time. */
  onCompleted(cost: CheckpointCost): void {
    const change = this.#auto?.onCompleted(cost)
    if (change === undefined) return
    this.#intervalMs = change.toMs
    if (this.#dueMs !== undefined) this.#dueMs += change.toMs - change.fromMs
    this.#outbox.push({ kind: 'checkpoint-interval-changed', ...change })
  }

  /** Completed or given up: the pause begins. */
  onEnded(nowMs: number): void {
    this.#earliestMs = nowMs + this.#options.minPauseMs
  }

  onFailed(nowMs: number): void {
    this.#finalEarliestMs = nowMs + Math.min(this.#intervalMs, finalRetryMsMax)
  }

  onTimerFired(): void {
    this.#timerMs = undefined
  }

  #cancelTimer(): void {
    if (this.#timerMs === undefined) return
    this.#timerMs = undefined
    this.#outbox.push({ kind: 'cancel-timer', timer: 'checkpoint-trigger' })
  }
}
