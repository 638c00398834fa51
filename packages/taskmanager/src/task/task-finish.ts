import type { ResultPartition } from '../network/result-partition.ts'
import type { ChainControl } from './chain/chain-control.ts'
import type { TaskChain } from './task-chain.ts'

/** The task, as its end sees it. */
export interface FinishingTask {
  /** It ends otherwise; what is done here does not matter any more. */
  isEnding(): boolean
  wake(): void
  /** Operators are finished, the end of data was written. */
  onEndOfData(): void
}

/**
 * How a task whose inputs have ended comes to its end: its operators are finished, first to last,
 * each when what the ones before it emitted has gone through; the end of data is written; every
 * consumer has read up to it; a checkpoint is complete that says so, where checkpoints are taken.
 */
export class TaskFinish {
  readonly #chain: TaskChain
  readonly #control: ChainControl
  readonly #partitions: readonly ResultPartition[]
  readonly #task: FinishingTask
  readonly #consumed = Promise.withResolvers<void>()
  readonly #finalCheckpoint = Promise.withResolvers<void>()
  #hasEnded = false

  constructor(
    chain: TaskChain,
    control: ChainControl,
    partitions: readonly ResultPartition[],
    task: FinishingTask,
  ) {
    this.#chain = chain
    this.#control = control
    this.#partitions = partitions
    this.#task = task
  }

  /** The end of data was written: nothing more comes of the task but its part in checkpoints. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Resolves at the end, or as soon as the task ends otherwise. */
  async run(options: {
    /** The operators had been finished before they were restored. */
    readonly isFinished: boolean
    readonly awaitsCheckpoint: boolean
  }): Promise<void> {
    const chain = this.#chain
    for (let index = 0; index < chain.operatorCount && !options.isFinished; index++) {
      await chain.finish(index)
      if (this.#task.isEnding()) return
      const drained = this.#control.drained()
      this.#task.wake()
      if (drained !== undefined) await drained
      if (this.#task.isEnding()) return
    }
    chain.end()
    this.#hasEnded = true
    this.#task.onEndOfData()
    this.#task.wake()
    this.onConsumed()
    await this.#consumed.promise
    if (options.awaitsCheckpoint) await this.#finalCheckpoint.promise
  }

  /** A consumer has read up to the end of data. */
  onConsumed(): void {
    if (this.#hasEnded && this.#partitions.every(({ isConsumed }) => isConsumed)) {
      this.#consumed.resolve()
    }
  }

  onFinalCheckpoint(): void {
    this.#finalCheckpoint.resolve()
  }
}
