import type { SplitEnumerator, SplitEnumeratorContext } from '@millrace/api'
import { type DataGenSplit, splitIndexes } from './datagen-split.ts'

/** What a checkpoint keeps of the enumerator: splits that no reader has. */
export interface DataGenEnumeratorState {
  readonly pending: readonly DataGenSplit[]
}

/** Gives every reader its share of the index strides, all at once: unbounded ones never end. */
export class DataGenEnumerator implements SplitEnumerator<DataGenSplit, DataGenEnumeratorState> {
  readonly #context: SplitEnumeratorContext<DataGenSplit>
  #pending: DataGenSplit[]

  constructor(
    context: SplitEnumeratorContext<DataGenSplit>,
    options: { readonly end: number; readonly splitCount: number },
    restored: DataGenEnumeratorState | undefined,
  ) {
    this.#context = context
    this.#pending = [...(restored?.pending ?? splitIndexes(options.end, options.splitCount))]
  }

  start(): void {}

  handleSplitRequest(subtaskIndex: number): void {
    const isOwn = (split: DataGenSplit): boolean =>
      split.splitIndex % this.#context.parallelism === subtaskIndex
    const own = this.#pending.filter(isOwn)
    this.#pending = this.#pending.filter((split) => !isOwn(split))
    if (own.length > 0) this.#context.assignSplits(subtaskIndex, own)
    this.#context.signalNoMoreSplits(subtaskIndex)
  }

  /** They wait for the next attempt of the same subtask. */
  addSplitsBack(splits: readonly DataGenSplit[], _subtaskIndex: number): void {
    this.#pending.push(...splits)
  }

  addReader(_subtaskIndex: number): void {}

  snapshotState(_checkpointId: number): DataGenEnumeratorState {
    return { pending: [...this.#pending] }
  }

  close(): void {}
}
