import type { ResultPartition } from '../network/result-partition.ts'
import type { ChainControl } from './chain-control.ts'
import type { TaskChain } from './task-chain.ts'

/**
 * How a task whose inputs have ended comes to its end: its operators are finished, first to last,
 * each when what the ones before it emitted has gone through; the end of data is written; every
 * consumer has read up to it.
 */
export class TaskFinish {
  readonly #chain: TaskChain
  readonly #control: ChainControl
  readonly #partitions: readonly ResultPartition[]
  readonly #wake: () => void
  #onDrained: (() => void) | undefined
  #onConsumed: (() => void) | undefined

  constructor(
    chain: TaskChain,
    control: ChainControl,
    partitions: readonly ResultPartition[],
    wake: () => void,
  ) {
    this.#chain = chain
    this.#control = control
    this.#partitions = partitions
    this.#wake = wake
  }

  /** Resolves at the end, or as soon as `isEnding` says that it does not matter any more. */
  async run(isEnding: () => boolean): Promise<void> {
    const chain = this.#chain
    for (let index = 0; index < chain.operatorCount; index++) {
      await chain.finish(index)
      if (isEnding()) return
      if (this.#control.hasSuspended) await this.#drained()
      if (isEnding()) return
    }
    const consumed = new Promise<void>((resolve) => {
      this.#onConsumed = resolve
    })
    chain.end()
    if (!this.#isConsumed()) await consumed
  }

  /** Nothing is suspended any more. True where this was waited for. */
  onDrained(): boolean {
    const onDrained = this.#onDrained
    this.#onDrained = undefined
    onDrained?.()
    return onDrained !== undefined
  }

  /** A consumer has read up to the end of data. */
  onConsumed(): void {
    if (this.#isConsumed()) this.#onConsumed?.()
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve
      this.#wake()
    })
  }

  #isConsumed(): boolean {
    return this.#partitions.every(({ isConsumed }) => isConsumed)
  }
}
