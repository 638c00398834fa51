import type {
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from 'millrace'
import { nowMicros, Probe } from './probe.ts'

/** Split i of S: events i, i + S, i + 2S, …; `next` is the one to emit next. */
interface SequenceSplit {
  readonly index: number
  readonly stride: number
  next: number
  readonly startMicros: number
}

export interface SequenceSourceOptions {
  /** Directory of the probe files. */
  readonly out: string
  readonly probeMs: number
  /** Events a second over all subtasks, by the wall clock; 0: as fast as it goes. */
  readonly rate: number
  /** So many events come at once, before `rate` holds. */
  readonly burst: number
  /** Number of events; -1: without end. */
  readonly limit: number
  /** Number of splits; 0 or left out: one for each subtask. */
  readonly splits?: number
}

/** The event source of all benchmark jobs, the same on both engines (flink/nexmark.md). */
export class SequenceSource<T> implements Source<T, SequenceSplit, readonly SequenceSplit[]> {
  readonly kind = 'sequence'
  readonly boundedness
  readonly #make: (sequence: number, dueMicros: number) => T
  readonly #options: SequenceSourceOptions

  constructor(make: (sequence: number, dueMicros: number) => T, options: SequenceSourceOptions) {
    this.#make = make
    this.#options = options
    this.boundedness = options.limit < 0 ? ('continuous-unbounded' as const) : ('bounded' as const)
  }

  createEnumerator(
    context: SplitEnumeratorContext<SequenceSplit>,
    restored: readonly SequenceSplit[] | undefined,
  ): SequenceEnumerator {
    return new SequenceEnumerator(context, restored ?? this.#freshSplits(context.parallelism))
  }

  createReader(context: SourceReaderContext): SequenceReader<T> {
    return new SequenceReader(this.#make, this.#options, context)
  }

  #freshSplits(parallelism: number): readonly SequenceSplit[] {
    const stride = this.#options.splits || parallelism
    const startMicros = nowMicros() + 500_000
    const split = (index: number): SequenceSplit => ({ index, stride, next: index, startMicros })
    return Array.from({ length: stride }, (_, index) => split(index))
  }
}

class SequenceEnumerator implements SplitEnumerator<SequenceSplit, readonly SequenceSplit[]> {
  readonly #context: SplitEnumeratorContext<SequenceSplit>
  readonly #pending = new Map<number, SequenceSplit>()

  constructor(context: SplitEnumeratorContext<SequenceSplit>, pending: readonly SequenceSplit[]) {
    this.#context = context
    for (const split of pending) this.#pending.set(split.index, split)
  }

  start(): void {}

  addReader(subtaskIndex: number): void {
    const { parallelism } = this.#context
    const splits = [...this.#pending.values()].filter(
      ({ index }) => index % parallelism === subtaskIndex,
    )
    if (splits.length === 0) return
    for (const { index } of splits) this.#pending.delete(index)
    this.#context.assignSplits(subtaskIndex, splits)
    this.#context.signalNoMoreSplits(subtaskIndex)
  }

  handleSplitRequest(): void {}

  addSplitsBack(splits: readonly SequenceSplit[]): void {
    for (const split of splits) this.#pending.set(split.index, split)
    for (const subtaskIndex of this.#context.registeredReaders()) this.addReader(subtaskIndex)
  }

  snapshotState(): readonly SequenceSplit[] {
    return [...this.#pending.values()]
  }

  close(): void {}
}

class SequenceReader<T> implements SourceReader<T, SequenceSplit> {
  readonly #make: (sequence: number, dueMicros: number) => T
  readonly #options: SequenceSourceOptions
  readonly #context: SourceReaderContext
  #splits: SequenceSplit[] = []
  /** Index of the split whose turn it is. */
  #turn = 0
  #probe: Probe | undefined
  #available: { promise: Promise<void>; resolve: () => void } = Promise.withResolvers<void>()

  constructor(
    make: (sequence: number, dueMicros: number) => T,
    options: SequenceSourceOptions,
    context: SourceReaderContext,
  ) {
    this.#make = make
    this.#options = options
    this.#context = context
  }

  start(): void {
    this.#probe = new Probe(this.#options.out, {
      role: 'source',
      subtask: this.#context.subtaskIndex,
      everyMs: this.#options.probeMs,
    })
  }

  addSplits(splits: readonly SequenceSplit[]): void {
    this.#splits.push(...splits)
    this.#available.resolve()
  }

  notifyNoMoreSplits(): void {}

  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus {
    const splits = this.#splits
    let endedCount = 0
    for (let tried = 0; tried < splits.length; tried++) {
      const split = splits[this.#turn] as SequenceSplit
      this.#turn = (this.#turn + 1) % splits.length
      const count = this.#countOf(split, countMax)
      if (count > 0) {
        this.#emit(split, count, output)
        return 'more-available'
      }
      if (count < 0) endedCount++
    }
    if (splits.length === 0) return 'nothing-available'
    return endedCount === splits.length ? 'end-of-input' : this.#waitForTheNext()
  }

  /** How many events of a split can be emitted now; -1: none, nor ever. */
  #countOf({ next, stride, startMicros }: SequenceSplit, countMax: number): number {
    const { rate, burst, limit } = this.#options
    let count = countMax
    if (limit >= 0) {
      if (next >= limit) return -1
      count = Math.min(count, Math.ceil((limit - next) / stride))
    }
    if (rate === 0) return count
    const due = burst + Math.floor(((nowMicros() - startMicros) / 1e6) * rate)
    return due <= next ? 0 : Math.min(count, Math.ceil((due - next) / stride))
  }

  #emit(split: SequenceSplit, count: number, output: ReaderOutput<T>): void {
    const { rate, burst } = this.#options
    const { stride } = split
    const make = this.#make
    let sequence = split.next
    if (rate > 0) {
      const microsPerEvent = 1e6 / rate
      for (let i = 0; i < count; i++, sequence += stride) {
        output.collect(make(sequence, split.startMicros + (sequence - burst) * microsPerEvent))
      }
    } else {
      for (let i = 0; i < count; i++, sequence += stride) output.collect(make(sequence, 0))
    }
    split.next = sequence
    if (this.#probe !== undefined) this.#probe.count += count
  }

  #waitForTheNext(): PollStatus {
    this.#available = Promise.withResolvers<void>()
    setTimeout(this.#available.resolve, 1)
    return 'nothing-available'
  }

  whenAvailable(): Promise<void> {
    return this.#available.promise
  }

  snapshotState(): readonly SequenceSplit[] {
    return this.#splits.map((split) => ({ ...split }))
  }

  close(): void {
    this.#probe?.close()
  }
}
