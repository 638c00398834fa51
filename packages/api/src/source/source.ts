import type { Boundedness, Clock, Logger, TypeInformation } from '@millrace/core'

// After FLIP-27: a SplitEnumerator in the job host finds splits and gives them out; SourceReaders
// in the slots read them. All calls of one enumerator, and all of one reader, come from one thread.

/** Where records come from. One object makes the enumerator and every reader. */
export interface Source<T, Split = unknown, EnumeratorState = unknown> {
  /** Named in errors and in the graph: 'file', 'datagen'. */
  readonly kind: string
  readonly boundedness: Boundedness
  readonly outputType?: TypeInformation<T>
  createEnumerator(
    context: SplitEnumeratorContext<Split>,
    restored: EnumeratorState | undefined,
  ): SplitEnumerator<Split, EnumeratorState>
  createReader(context: SourceReaderContext): SourceReader<T, Split>
  // Splits and enumerator state travel and are stored in the generic encoding: plain data only.
}

/** Finds splits and gives them to readers. Runs in the job host thread of the JobManager. */
export interface SplitEnumerator<Split, EnumeratorState> {
  start(): void
  /** A reader has nothing left and asks for more. */
  handleSplitRequest(subtaskIndex: number): void
  /** Splits of a failed reader that its restored state does not hold. */
  addSplitsBack(splits: readonly Split[], subtaskIndex: number): void
  /** A reader (of a new attempt) is there. */
  addReader(subtaskIndex: number): void
  handleSourceEvent?(subtaskIndex: number, event: unknown): void
  /** What is needed to go on: splits that were assigned are in the state of their readers. */
  snapshotState(checkpointId: number): EnumeratorState
  notifyCheckpointComplete?(checkpointId: number): void
  close(): void | Promise<void>
}

export interface SplitEnumeratorContext<Split> {
  readonly parallelism: number
  readonly clock: Clock
  readonly logger: Logger
  registeredReaders(): readonly number[]
  assignSplits(subtaskIndex: number, splits: readonly Split[]): void
  /** The reader ends once it has read what it was given. */
  signalNoMoreSplits(subtaskIndex: number): void
  sendEventToSourceReader(subtaskIndex: number, event: unknown): void
  /** Runs `call` apart and hands its result to `handler` on the enumerator's thread, in order. */
  callAsync<R>(
    call: () => Promise<R>,
    handler: (result: R | undefined, error: unknown) => void,
    schedule?: { readonly initialDelayMs: number; readonly periodMs: number },
  ): void
}

export interface SourceReaderContext {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly clock: Clock
  readonly logger: Logger
  sendSplitRequest(): void
  sendEventToEnumerator(event: unknown): void
}

/** 'nothing-available': `whenAvailable` settles when there may be more. */
export type PollStatus = 'more-available' | 'nothing-available' | 'end-of-input'

/**
 * Reads splits inside a slot. Never blocks: what takes time happens between polls. One that is
 * restored is given its splits by `addSplits` before `start`, and asks for more only where it would
 * at any other time.
 */
export interface SourceReader<T, Split> {
  start(): void
  addSplits(splits: readonly Split[]): void
  notifyNoMoreSplits(): void
  handleSourceEvent?(event: unknown): void
  /**
   * Emits up to `countMax` records and says how it stands. Called only while outputs are available;
   * the number bounds one time slice (`countMax` ≥ 1). A thrown error fails the subtask.
   */
  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus
  /** After 'nothing-available'. May be asked again before it settles. */
  whenAvailable(): Promise<void>
  /** The splits as they stand, with the position after the last record emitted. */
  snapshotState(checkpointId: number): readonly Split[]
  /** What was emitted before that checkpoint's snapshot is not asked for again. */
  notifyCheckpointComplete?(checkpointId: number): void | Promise<void>
  notifyCheckpointAborted?(checkpointId: number): void
  close(): void | Promise<void>
}

export interface ReaderOutput<T> {
  collect(record: T): void
}
