import type {
  PollStatus,
  Source,
  SourceReader,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '@millrace/api'
import { type Clock, type Random, randomBelow, silentLogger, type Timer } from '@millrace/core'

/** Time that passes when told to. */
export class ManualClock implements Clock {
  #nowMs = 0
  #timers: { readonly atMs: number; readonly callback: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  setImmediate(callback: () => void): void {
    this.setTimer(0, callback)
  }

  get timerCount(): number {
    return this.#timers.length
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= endMs)
      const next = due.sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#nowMs = next.atMs
      next.callback()
    }
    this.#nowMs = endMs
  }
}

/** What a checkpoint would hold of a source. */
export interface SourceSnapshot<Split, State> {
  readonly enumerator: State
  readonly readers: readonly (readonly Split[])[]
}

/** A source as the engine runs it: one enumerator, one reader per subtask, all in this thread. */
export class SourceRun<T, Split, State> {
  readonly clock: ManualClock = new ManualClock()
  /** What each reader emitted. */
  readonly emitted: T[][]
  readonly statuses: PollStatus[]
  readonly #parallelism: number
  readonly #source: Source<T, Split, State>
  readonly #enumerator: SplitEnumerator<Split, State>
  /** By subtask: given out since the last snapshot. */
  readonly #assigned: Split[][]
  /** By subtask: what the last snapshot has of it, and how much it had emitted. */
  #last: readonly { readonly splits: readonly Split[]; readonly count: number }[]
  readonly #readers: SourceReader<T, Split>[] = []
  #scheduled: (() => Promise<void>)[] = []
  #failure: { readonly error: unknown } | undefined
  #wake: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(
    source: Source<T, Split, State>,
    parallelism: number,
    restored?: SourceSnapshot<Split, State>,
  ) {
    this.#parallelism = parallelism
    this.emitted = Array.from({ length: parallelism }, () => [])
    this.statuses = Array.from({ length: parallelism }, () => 'nothing-available')
    const state = restored === undefined ? undefined : structuredClone(restored.enumerator)
    this.#source = source
    this.#enumerator = source.createEnumerator(this.#enumeratorContext(), state)
    this.#assigned = Array.from({ length: parallelism }, () => [])
    this.#last = this.emitted.map((_, i) => ({ splits: restored?.readers[i] ?? [], count: 0 }))
    for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
      this.#readers.push(this.#createReader(subtaskIndex))
    }
    this.#enumerator.start()
    for (const [subtaskIndex, reader] of this.#readers.entries()) {
      this.#enumerator.addReader(subtaskIndex)
      const splits = structuredClone(restored?.readers[subtaskIndex] ?? [])
      if (splits.length > 0) reader.addSplits(splits)
      reader.start()
    }
  }

  get all(): readonly T[] {
    return this.emitted.flat()
  }

  /** Polls once. */
  poll(subtaskIndex: number, countMax: number): PollStatus {
    const reader = this.#readers[subtaskIndex]
    const output = this.emitted[subtaskIndex]
    if (reader === undefined || output === undefined) throw new Error('No such subtask')
    if (this.statuses[subtaskIndex] === 'end-of-input') return 'end-of-input'
    const before = output.length
    const status = reader.pollNext({ collect: (record) => output.push(record) }, countMax)
    if (output.length - before > countMax) throw new Error(`More than ${countMax} records`)
    this.statuses[subtaskIndex] = status
    return status
  }

  /** Polls readers in any order, by any counts, until all have ended or `stop` says so. */
  async run(random: Random, stop: () => boolean = () => false): Promise<void> {
    while (!stop()) {
      if (this.#failure !== undefined) throw this.#failure.error
      const open = this.statuses.flatMap((status, i) => (status === 'end-of-input' ? [] : [i]))
      if (open.length === 0) return
      const subtaskIndex = open[randomBelow(random, open.length)] ?? 0
      const status = this.poll(subtaskIndex, 1 + randomBelow(random, 5))
      if (status === 'nothing-available' && !stop()) await this.#someAvailable(open)
    }
  }

  whenAvailable(subtaskIndex: number): Promise<void> {
    return this.#readers[subtaskIndex]?.whenAvailable() ?? Promise.resolve()
  }

  /** The enumerator's periodic calls, once. */
  async runScheduled(): Promise<void> {
    await Promise.all(this.#scheduled.map((call) => call()))
    if (this.#failure !== undefined) throw this.#failure.error
  }

  snapshot(): SourceSnapshot<Split, State> {
    const enumerator = structuredClone(this.#enumerator.snapshotState(1))
    const readers = structuredClone(this.#readers.map((reader) => reader.snapshotState(1)))
    this.#last = readers.map((splits, i) => ({ splits, count: this.emitted[i]?.length ?? 0 }))
    for (const splits of this.#assigned) splits.length = 0
    return { enumerator, readers }
  }

  /** What was emitted before the last snapshot; it counts as emitted no more. */
  takeEmitted(): readonly T[] {
    const taken = this.emitted.flatMap((records, i) => records.splice(0, this.#last[i]?.count))
    this.#last = this.#last.map(({ splits }) => ({ splits, count: 0 }))
    return taken
  }

  /** The reader fails alone, and another takes its place, from the last snapshot. */
  async failReader(subtaskIndex: number): Promise<void> {
    await this.#readers[subtaskIndex]?.close()
    const { splits = [], count = 0 } = this.#last[subtaskIndex] ?? {}
    const reader = this.#createReader(subtaskIndex)
    this.#readers[subtaskIndex] = reader
    this.emitted[subtaskIndex]?.splice(count)
    this.statuses[subtaskIndex] = 'nothing-available'
    const back = this.#assigned[subtaskIndex]?.splice(0) ?? []
    if (back.length > 0) this.#enumerator.addSplitsBack(back, subtaskIndex)
    this.#enumerator.addReader(subtaskIndex)
    if (splits.length > 0) reader.addSplits(structuredClone(splits))
    reader.start()
  }

  #createReader(subtaskIndex: number): SourceReader<T, Split> {
    return this.#source.createReader({
      subtaskIndex,
      parallelism: this.#parallelism,
      clock: this.clock,
      logger: silentLogger,
      // As in the engine, the enumerator hears of it later.
      sendSplitRequest: () =>
        queueMicrotask(() => this.#enumerator.handleSplitRequest(subtaskIndex)),
      sendEventToEnumerator: () => {},
    })
  }

  async close(): Promise<void> {
    this.#scheduled = []
    for (const reader of this.#readers) await reader.close()
    await this.#enumerator.close()
  }

  #someAvailable(open: readonly number[]): Promise<void> {
    return Promise.race([this.#wake.promise, ...open.map((i) => this.whenAvailable(i))])
  }

  #enumeratorContext(): SplitEnumeratorContext<Split> {
    return {
      parallelism: this.#parallelism,
      clock: this.clock,
      logger: silentLogger,
      registeredReaders: () => this.#readers.map((_, index) => index),
      assignSplits: (subtaskIndex, splits) => {
        this.#assigned[subtaskIndex]?.push(...structuredClone(splits))
        this.#readers[subtaskIndex]?.addSplits(structuredClone(splits))
      },
      signalNoMoreSplits: (subtaskIndex) => this.#readers[subtaskIndex]?.notifyNoMoreSplits(),
      sendEventToSourceReader: () => {},
      callAsync: (call, handler, schedule) => {
        const once = async (): Promise<void> => {
          const [result, error] = await call().then(
            (value) => [value, undefined] as const,
            (reason: unknown) => [undefined, reason] as const,
          )
          try {
            handler(result, error)
          } catch (thrown) {
            this.#failure = { error: thrown }
            this.#wake.resolve()
          }
        }
        if (schedule !== undefined) this.#scheduled.push(once)
        void once()
      },
    }
  }
}
