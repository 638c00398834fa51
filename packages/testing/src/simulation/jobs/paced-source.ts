import type {
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '@millrace/api'
import { type Clock, type TypeInformation, types } from '@millrace/core'

/** The numbers from `next` up to, not including, `end`. */
export interface PacedSplit {
  readonly next: number
  readonly end: number
}

/** What an enumerator is restored from. */
interface PacedState {
  readonly splits: readonly PacedSplit[]
  /** Where the next split begins that is found. */
  readonly nextStart: number
}

export interface Pace {
  readonly splitCount: number
  readonly recordsPerSplit: number
  /** Records emitted in one go, and the pause after it. */
  readonly batch: number
  readonly pauseMs: number
  /** Splits go on being found for ever. */
  readonly isEndless: boolean
}

/** Numbers that come bit by bit, in many splits: a job that takes its time. */
export class PacedSource implements Source<number, PacedSplit, PacedState> {
  readonly kind = 'paced'
  readonly boundedness: 'bounded' | 'continuous-unbounded'
  readonly outputType: TypeInformation<number> = types.float64
  readonly #pace: Pace

  constructor(pace: Pace) {
    this.#pace = pace
    this.boundedness = pace.isEndless ? 'continuous-unbounded' : 'bounded'
  }

  createEnumerator(
    context: SplitEnumeratorContext<PacedSplit>,
    restored: PacedState | undefined,
  ): PacedEnumerator {
    const { splitCount, recordsPerSplit } = this.#pace
    const splits = Array.from({ length: splitCount }, (_, index) => ({
      next: index * recordsPerSplit,
      end: (index + 1) * recordsPerSplit,
    }))
    const nextStart = splitCount * recordsPerSplit
    return new PacedEnumerator(context, restored ?? { splits, nextStart }, this.#pace)
  }

  createReader(context: SourceReaderContext): PacedReader {
    return new PacedReader(context, this.#pace)
  }
}

class PacedEnumerator implements SplitEnumerator<PacedSplit, PacedState> {
  readonly #context: SplitEnumeratorContext<PacedSplit>
  readonly #pace: Pace
  #splits: PacedSplit[]
  #nextStart: number

  constructor(
    context: SplitEnumeratorContext<PacedSplit>,
    { splits, nextStart }: PacedState,
    pace: Pace,
  ) {
    this.#context = context
    this.#pace = pace
    this.#splits = [...splits]
    this.#nextStart = nextStart
  }

  start(): void {}

  handleSplitRequest(subtaskIndex: number): void {
    if (this.#splits.length === 0 && this.#pace.isEndless) {
      const next = this.#nextStart
      this.#nextStart += this.#pace.recordsPerSplit
      this.#splits.push({ next, end: this.#nextStart })
    }
    const split = this.#splits.shift()
    if (split === undefined) this.#context.signalNoMoreSplits(subtaskIndex)
    else this.#context.assignSplits(subtaskIndex, [split])
  }

  addSplitsBack(splits: readonly PacedSplit[]): void {
    this.#splits = [...splits, ...this.#splits]
  }

  addReader(): void {}

  snapshotState(): PacedState {
    return { splits: [...this.#splits], nextStart: this.#nextStart }
  }

  close(): void {}
}

class PacedReader implements SourceReader<number, PacedSplit> {
  readonly #context: SourceReaderContext
  readonly #clock: Clock
  readonly #pace: Pace
  #splits: { next: number; readonly end: number }[] = []
  #hasMoreSplits = true
  #isWaitingForSplit = false
  #pauseEndMs = 0
  #wake: PromiseWithResolvers<void> | undefined

  constructor(context: SourceReaderContext, pace: Pace) {
    this.#context = context
    this.#clock = context.clock
    this.#pace = pace
  }

  start(): void {
    this.#request()
  }

  addSplits(splits: readonly PacedSplit[]): void {
    this.#isWaitingForSplit = false
    for (const split of splits) this.#splits.push({ ...split })
    this.#wakeUp()
  }

  notifyNoMoreSplits(): void {
    this.#hasMoreSplits = false
    this.#wakeUp()
  }

  pollNext(output: ReaderOutput<number>, countMax: number): PollStatus {
    const split = this.#splits[0]
    if (split === undefined) {
      if (!this.#hasMoreSplits) return 'end-of-input'
      this.#request()
      return 'nothing-available'
    }
    if (this.#clock.monotonicMs() < this.#pauseEndMs) return 'nothing-available'
    const count = Math.min(countMax, this.#pace.batch, split.end - split.next)
    for (let i = 0; i < count; i++) output.collect(split.next++)
    if (split.next >= split.end) this.#splits.shift()
    if (this.#splits.length === 0) this.#request()
    this.#pauseEndMs = this.#clock.monotonicMs() + this.#pace.pauseMs
    return 'nothing-available'
  }

  whenAvailable(): Promise<void> {
    if (this.#splits.length === 0) {
      if (!this.#hasMoreSplits) return Promise.resolve()
      this.#wake ??= Promise.withResolvers()
      return this.#wake.promise
    }
    const waitMs = this.#pauseEndMs - this.#clock.monotonicMs()
    if (waitMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#clock.setTimer(waitMs, resolve)
    })
  }

  snapshotState(): readonly PacedSplit[] {
    return this.#splits.map(({ next, end }) => ({ next, end }))
  }

  close(): void {}

  #request(): void {
    if (this.#isWaitingForSplit || !this.#hasMoreSplits) return
    this.#isWaitingForSplit = true
    this.#context.sendSplitRequest()
  }

  #wakeUp(): void {
    this.#wake?.resolve()
    this.#wake = undefined
  }
}
