import type { Duration } from './restart-strategy.ts'

/** Whether a barrier that came early makes its channel wait for the others. */
export type CheckpointingMode = 'EXACTLY_ONCE' | 'AT_LEAST_ONCE'

/** What becomes of the checkpoints of a job that was cancelled or failed. */
export type ExternalizedCheckpointRetention = 'RETAIN_ON_CANCELLATION' | 'DELETE_ON_CANCELLATION'

/**
 * How the job takes checkpoints: each method sets a key of its configuration, and what the
 * submission sets wins. Durations are numbers of milliseconds or texts such as '10 s'.
 *
 * ```ts
 * env.enableCheckpointing('1 s')
 * env.getCheckpointConfig().setCheckpointTimeout('1 min').setMinPauseBetweenCheckpoints('500 ms')
 * ```
 */
export class CheckpointConfig {
  readonly #set: (key: string, value: string) => void

  /** Made by the environment. */
  constructor(set: (key: string, value: string) => void) {
    this.#set = set
  }

  /** How often a checkpoint is taken. Without it none is. */
  setCheckpointInterval(interval: Duration): this {
    return this.#with('interval', durationText(interval))
  }

  /** Default EXACTLY_ONCE. */
  setCheckpointingConsistencyMode(mode: CheckpointingMode): this {
    return this.#with('mode', mode)
  }

  /** Barriers overtake the records that are on their way, which become part of the checkpoint. */
  enableUnalignedCheckpoints(isEnabled: boolean = true): this {
    return this.#with('unaligned.enabled', String(isEnabled))
  }

  /** With unaligned checkpoints: how long after the trigger barriers keep their place. Default 0. */
  setAlignedCheckpointTimeout(timeout: Duration): this {
    return this.#with('aligned-checkpoint-timeout', durationText(timeout))
  }

  /** A checkpoint that takes longer is given up. */
  setCheckpointTimeout(timeout: Duration): this {
    return this.#with('timeout', durationText(timeout))
  }

  /** At least so much time between the end of one and the beginning of the next. */
  setMinPauseBetweenCheckpoints(pause: Duration): this {
    return this.#with('min-pause', durationText(pause))
  }

  /** How many may be under way at once. */
  setMaxConcurrentCheckpoints(count: number): this {
    return this.#with('max-concurrent-checkpoints', String(count))
  }

  /** How many may fail in a row before the job does. */
  setTolerableCheckpointFailureNumber(count: number): this {
    return this.#with('tolerable-failed-checkpoints', String(count))
  }

  setExternalizedCheckpointRetention(retention: ExternalizedCheckpointRetention): this {
    return this.#with('externalized-checkpoint-retention', retention)
  }

  /** Folder or URL that every process of the cluster can reach. */
  setCheckpointDirectory(directory: string): this {
    return this.#with('dir', directory)
  }

  #with(name: string, value: string): this {
    this.#set(`execution.checkpointing.${name}`, value)
    return this
  }
}

function durationText(duration: Duration): string {
  return typeof duration === 'number' ? `${duration} ms` : duration
}
