/** What one checkpoint took. */
export interface CheckpointCost {
  /** From its trigger until it was complete. */
  readonly durationMs: number
  /** The most time that any task spent on it instead of on records. */
  readonly taskMs: number
}

export interface IntervalChange {
  readonly fromMs: number
  readonly toMs: number
  /** For people. */
  readonly reason: string
}

/** Of any task's time, what checkpoints may take as long as the goal allows it. */
const costShareMax = 0.02
/** Files are made and messages sent for each, however little has changed. */
const intervalMsMin = 250
const firstIntervalMsMax = 1_000
/** Weight of the latest checkpoint. */
const smoothing = 0.3
/** Some of what the goal allows is left, for checkpoints that take a little longer. */
const margin = 0.9
/** Less is no reason to change. */
const changeShareMin = 0.2

/**
 * `execution.checkpointing.interval: auto`: checkpoints come as often as they cost a task no more
 * than 2 % of its time, but so often at least that a failure repeats no more work than the goal
 * says: what was done since the latest complete one was triggered, which is the interval and what
 * the next one takes. Pure.
 */
export class AutoInterval {
  readonly #maxReplayMs: number
  #intervalMs: number
  /** Averages; undefined before the first. */
  #cost: CheckpointCost | undefined

  constructor(maxReplayMs: number) {
    this.#maxReplayMs = maxReplayMs
    const firstMs = Math.min(firstIntervalMsMax, maxReplayMs / 2)
    this.#intervalMs = Math.round(Math.max(intervalMsMin, firstMs))
  }

  get intervalMs(): number {
    return this.#intervalMs
  }

  /** undefined: the interval stays as it is. */
  onCompleted(cost: CheckpointCost): IntervalChange | undefined {
    this.#cost = average(this.#cost, cost)
    const { wantedMs, reason } = this.#choose(this.#cost)
    const fromMs = this.#intervalMs
    // A goal that is missed is met at once; other changes are worth their message.
    const isMissed = fromMs > wantedMs && fromMs + this.#cost.durationMs > this.#maxReplayMs
    const isSmall = Math.abs(wantedMs - fromMs) < fromMs * changeShareMin
    if (wantedMs === fromMs || (isSmall && !isMissed)) return undefined
    this.#intervalMs = wantedMs
    return { fromMs, toMs: wantedMs, reason }
  }

  #choose({ durationMs, taskMs }: CheckpointCost): {
    readonly wantedMs: number
    readonly reason: string
  } {
    const maxReplayMs = this.#maxReplayMs
    const [took, cost] = [`it takes ${text(durationMs)}`, `costs a task ${text(taskMs)}`]
    const allowedMs = Math.floor(margin * (maxReplayMs - durationMs))
    // Two in a row have at least as long a time without one between them.
    const affordableMs = twoDigits(Math.max(taskMs / costShareMax, 2 * durationMs))
    if (allowedMs < intervalMsMin) {
      const reason =
        `${took}, so that no more than ${text(maxReplayMs)} (max-replay) cannot be promised; ` +
        'the next follows soon'
      return { wantedMs: intervalMsMin, reason }
    }
    if (affordableMs > allowedMs) {
      const share = ((taskMs / allowedMs) * 100).toFixed(1)
      const reason =
        `${took} and ${cost}; no more than ${text(maxReplayMs)} (max-replay) may be repeated, ` +
        `which takes ${share} % of the task's time`
      return { wantedMs: allowedMs, reason }
    }
    const reason = `${took} and ${cost}, which is no more than 2 % of its time then`
    return { wantedMs: Math.max(intervalMsMin, affordableMs), reason }
  }
}

function average(before: CheckpointCost | undefined, latest: CheckpointCost): CheckpointCost {
  if (before === undefined) return latest
  const mix = (old: number, next: number): number => old + smoothing * (next - old)
  return {
    durationMs: mix(before.durationMs, latest.durationMs),
    taskMs: mix(before.taskMs, latest.taskMs),
  }
}

/** Upwards, so that what was measured a little differently gives the same. */
function twoDigits(ms: number): number {
  if (ms < 10) return Math.ceil(ms)
  const unit = 10 ** (Math.floor(Math.log10(ms)) - 1)
  return Math.ceil(ms / unit) * unit
}

function text(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}
