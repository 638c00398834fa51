import type { PollStatus, ReaderOutput, SourceReader, SourceReaderContext } from './source.ts'

/** Reads one split whose records are at hand without waiting. */
export interface RecordCursor<T, Split> {
  next(): IteratorResult<T, unknown>
  /** What is left. */
  split(): Split
}

/** Reads splits one after the other, asking for the next when one is at its end. */
export class SplitByCursorReader<T, Split> implements SourceReader<T, Split> {
  readonly #context: SourceReaderContext
  readonly #open: (split: Split) => RecordCursor<T, Split>
  #splits: Split[] = []
  #cursor: RecordCursor<T, Split> | undefined = undefined
  #hasMoreSplits = true
  #available: PromiseWithResolvers<void> | undefined = undefined

  constructor(context: SourceReaderContext, open: (split: Split) => RecordCursor<T, Split>) {
    this.#context = context
    this.#open = open
  }

  start(): void {
    if (this.#splits.length === 0) this.#context.sendSplitRequest()
  }

  addSplits(splits: readonly Split[]): void {
    this.#splits.push(...splits)
    this.#wake()
  }

  notifyNoMoreSplits(): void {
    this.#hasMoreSplits = false
    this.#wake()
  }

  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus {
    const cursor = this.#cursor ?? this.#nextCursor()
    if (cursor === undefined) return this.#hasMoreSplits ? 'nothing-available' : 'end-of-input'
    for (let count = 0; count < countMax; count++) {
      const result = cursor.next()
      if (result.done === true) {
        this.#cursor = undefined
        if (this.#splits.length === 0 && this.#hasMoreSplits) this.#context.sendSplitRequest()
        return 'more-available'
      }
      output.collect(result.value)
    }
    return 'more-available'
  }

  whenAvailable(): Promise<void> {
    if (this.#splits.length > 0 || !this.#hasMoreSplits) return Promise.resolve()
    this.#available ??= Promise.withResolvers()
    return this.#available.promise
  }

  snapshotState(): readonly Split[] {
    return this.#cursor === undefined ? [...this.#splits] : [this.#cursor.split(), ...this.#splits]
  }

  close(): void {
    this.#wake()
  }

  #nextCursor(): RecordCursor<T, Split> | undefined {
    const split = this.#splits.shift()
    if (split !== undefined) this.#cursor = this.#open(split)
    return this.#cursor
  }

  #wake(): void {
    this.#available?.resolve()
    this.#available = undefined
  }
}
