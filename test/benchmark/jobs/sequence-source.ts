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

/** Split i of P: events i, i + P, i + 2P, …; `next` is the one to emit next. */
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
    return new SequenceEnumerator(context, restored)
  }

  createReader(context: SourceReaderContext): SequenceReader<T> {
    return new SequenceReader(this.#make, this.#options, context)
  }
}

class SequenceEnumerator implements SplitEnumerator<SequenceSplit, readonly SequenceSplit[]> {
  readonly #context: SplitEnumeratorContext<SequenceSplit>
  readonly #pending = new Map<number, SequenceSplit>()

  constructor(
    context: SplitEnumeratorContext<SequenceSplit>,
    restored: readonly SequenceSplit[] | undefined,
  ) {
    this.#context = context
    const stride = context.parallelism
    const startMicros = nowMicros() + 500_000
    const fresh = Array.from({ length: stride }, (_, index) => ({
      index,
      stride,
      next: index,
      startMicros,
    }))
    for (const split of restored ?? fresh) this.#pending.set(split.index, split)
  }

  start(): void {}

  addReader(subtaskIndex: number): void {
    const split = this.#pending.get(subtaskIndex)
    if (split === undefined) return
    this.#pending.delete(subtaskIndex)
    this.#context.assignSplits(subtaskIndex, [split])
    this.#context.signalNoMoreSplits(subtaskIndex)
  }

  handleSplitRequest(): void {}

  addSplitsBack(splits: readonly SequenceSplit[], subtaskIndex: number): void {
    for (const split of splits) this.#pending.set(split.index, split)
    if (this.#context.registeredReaders().includes(subtaskIndex)) this.addReader(subtaskIndex)
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
  #split: SequenceSplit | undefined
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
    this.#split = splits[0]
    this.#available.resolve()
  }

  notifyNoMoreSplits(): void {}

  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus {
    const split = this.#split
    if (split === undefined) return 'nothing-available'
    const { rate, burst, limit } = this.#options
    const { stride } = split
    let count = countMax
    if (limit >= 0) {
      if (split.next >= limit) return 'end-of-input'
      count = Math.min(count, Math.ceil((limit - split.next) / stride))
    }
    const make = this.#make
    let sequence = split.next
    if (rate > 0) {
      const due = burst + Math.floor(((nowMicros() - split.startMicros) / 1e6) * rate)
      const can = due <= sequence ? 0 : Math.ceil((due - sequence) / stride)
      if (can <= 0) return this.#waitForTheNext()
      count = Math.min(count, can)
      const microsPerEvent = 1e6 / rate
      for (let i = 0; i < count; i++, sequence += stride) {
        output.collect(make(sequence, split.startMicros + (sequence - burst) * microsPerEvent))
      }
    } else {
      for (let i = 0; i < count; i++, sequence += stride) output.collect(make(sequence, 0))
    }
    split.next = sequence
    if (this.#probe !== undefined) this.#probe.count += count
    return 'more-available'
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
    return this.#split === undefined ? [] : [{ ...this.#split }]
  }

  close(): void {
    this.#probe?.close()
  }
}
