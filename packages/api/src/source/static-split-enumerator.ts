import type { SplitEnumerator, SplitEnumeratorContext } from './source.ts'

/**
 * Gives out splits that are all known from the start, one at each request, in order; then says that
 * there are no more. A reader that asked too early for a split of a failed one is served once it is
 * back. Its state is the splits that are not given out.
 */
export class StaticSplitEnumerator<Split> implements SplitEnumerator<Split, readonly Split[]> {
  readonly #context: SplitEnumeratorContext<Split>
  #splits: Split[]

  constructor(context: SplitEnumeratorContext<Split>, splits: readonly Split[]) {
    this.#context = context
    this.#splits = [...splits]
  }

  start(): void {}

  handleSplitRequest(subtaskIndex: number): void {
    const split = this.#splits.shift()
    if (split === undefined) this.#context.signalNoMoreSplits(subtaskIndex)
    else this.#context.assignSplits(subtaskIndex, [split])
  }

  addSplitsBack(splits: readonly Split[]): void {
    this.#splits = [...splits, ...this.#splits]
  }

  addReader(): void {}

  snapshotState(): readonly Split[] {
    return [...this.#splits]
  }

  close(): void {}
}
