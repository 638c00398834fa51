import type {
  Committer,
  PollStatus,
  ReaderOutput,
  Sink,
  SinkWriter,
  SinkWriterContext,
  Source,
  SourceReader,
  SourceReaderContext,
} from '@millrace/api'

/** A source without an enumerator: each subtask emits what `recordsOf` gives for it. */
export class IterableSource<T> implements Source<T> {
  readonly kind = 'iterable'
  readonly boundedness = 'bounded'
  readonly #recordsOf: (subtask: number, parallelism: number) => Iterable<T>

  constructor(recordsOf: (subtask: number, parallelism: number) => Iterable<T>) {
    this.#recordsOf = recordsOf
  }

  createEnumerator(): never {
    throw new Error('This source has no enumerator')
  }

  createReader({ subtaskIndex, parallelism }: SourceReaderContext): SourceReader<T, unknown> {
    const iterator = this.#recordsOf(subtaskIndex, parallelism)[Symbol.iterator]()
    return {
      start: () => {},
      addSplits: () => {},
      notifyNoMoreSplits: () => {},
      pollNext: (output: ReaderOutput<T>, countMax: number): PollStatus => {
        for (let count = 0; count < countMax; count++) {
          const next = iterator.next()
          if (next.done === true) return 'end-of-input'
          output.collect(next.value)
        }
        return 'more-available'
      },
      whenAvailable: () => Promise.resolve(),
      snapshotState: () => [],
      close: () => {},
    }
  }
}

/** Keeps what it is given, and can be made to wait. */
export class ListSink<T> implements Sink<T> {
  readonly kind = 'list'
  readonly records: T[]
  readonly #gate: SinkGate

  constructor(records: T[], gate: SinkGate = new SinkGate()) {
    this.records = records
    this.#gate = gate
  }

  createWriter(_context: SinkWriterContext): SinkWriter<T> {
    const { records } = this
    return {
      write: (record) => {
        records.push(record)
      },
      blocked: () => this.#gate.blocked,
      flush: () => {},
      close: () => {},
    }
  }
}

/** Opens and closes sinks from outside. */
export class SinkGate {
  #closed: PromiseWithResolvers<void> | undefined

  get blocked(): Promise<void> | undefined {
    return this.#closed?.promise
  }

  shut(): void {
    this.#closed ??= Promise.withResolvers()
  }

  open(): void {
    this.#closed?.resolve()
    this.#closed = undefined
  }
}

/** A source whose subtasks emit records by their position, and go on where they were. */
export class ReplayableSource<T> implements Source<T, number, undefined> {
  readonly kind = 'replayable'
  readonly boundedness = 'bounded'
  readonly #count: number
  readonly #recordAt: (position: number, subtask: number) => T
  readonly #perPoll: (subtask: number) => number

  constructor(
    count: number,
    recordAt: (position: number, subtask: number) => T,
    perPoll: (subtask: number) => number = () => 128,
  ) {
    this.#count = count
    this.#recordAt = recordAt
    this.#perPoll = perPoll
  }

  createEnumerator(): never {
    throw new Error('This source has no enumerator')
  }

  createReader({ subtaskIndex }: SourceReaderContext): SourceReader<T, number> {
    let position = 0
    return {
      start: () => {},
      addSplits: ([restored = 0]) => {
        position = restored
      },
      notifyNoMoreSplits: () => {},
      pollNext: (output: ReaderOutput<T>, countMax: number): PollStatus => {
        const end = Math.min(
          this.#count,
          position + Math.min(countMax, this.#perPoll(subtaskIndex)),
        )
        while (position < end) output.collect(this.#recordAt(position++, subtaskIndex))
        // One poll in each turn of the slot's loop.
        return position === this.#count ? 'end-of-input' : 'nothing-available'
      },
      whenAvailable: () => Promise.resolve(),
      snapshotState: () => [position],
      close: () => {},
    }
  }
}

/** What a TwoPhaseSink has committed: batches by their name, each once. */
export class CommittedBatches<T> {
  readonly #batches = new Map<string, readonly T[]>()

  get records(): readonly T[] {
    return [...this.#batches.values()].flat()
  }

  /** Asked before each commit; what it throws is the commit's failure. */
  beforeCommit: () => void = () => {}

  commit(name: string, records: readonly T[]): void {
    this.beforeCommit()
    this.#batches.set(name, records)
  }
}

interface Batch<T> {
  readonly name: string
  readonly records: readonly T[]
}

/** A sink whose records count once they are committed; committing again changes nothing. */
export class TwoPhaseSink<T> implements Sink<T, Batch<T>> {
  readonly kind = 'two-phase'
  readonly #committed: CommittedBatches<T>
  readonly #gate: SinkGate

  constructor(committed: CommittedBatches<T>, gate: SinkGate = new SinkGate()) {
    this.#committed = committed
    this.#gate = gate
  }

  createWriter({
    subtaskIndex,
    attemptNumber,
    operatorName,
  }: SinkWriterContext): SinkWriter<T, Batch<T>> {
    let records: T[] = []
    let count = 0
    return {
      write: (record) => {
        records.push(record)
      },
      blocked: () => this.#gate.blocked,
      flush: () => {},
      prepareCommit: () => {
        if (records.length === 0) return []
        const batch = {
          name: `${operatorName}/${subtaskIndex}/${attemptNumber}/${count++}`,
          records,
        }
        records = []
        return [batch]
      },
      close: () => {},
    }
  }

  createCommitter(): Committer<Batch<T>> {
    return {
      commit: async (batches) => {
        for (const { name, records } of batches) this.#committed.commit(name, records)
      },
      close: () => {},
    }
  }
}
