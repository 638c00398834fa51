import type { Clock, Logger } from '@millrace/core'
import type { RuntimeContext } from '../function/runtime-context.ts'

// After FLIP-143/FLIP-191: a SinkWriter in each subtask writes; what it prepares at a barrier are
// committables, which the Committer commits once the checkpoint is complete. Committables and
// writer state are part of checkpoints, in the generic encoding: plain data only, with everything
// that is needed to go on from another process.

/** Where records go. */
export interface Sink<T, Committable = never, WriterState = never> {
  /** Named in errors and in the graph: 'file', 'print'. */
  readonly kind: string
  /**
   * `restored`: what writers of the restored checkpoint had as their state, dealt out among the
   * subtasks; empty at the first start. A writer that had come to its end by then is made again
   * only if it had state, and gets no record.
   */
  createWriter(
    context: SinkWriterContext,
    restored: readonly WriterState[],
  ): SinkWriter<T, Committable, WriterState> | Promise<SinkWriter<T, Committable, WriterState>>
  /** Present iff the sink is two-phase. */
  createCommitter?(
    context: SinkWriterContext,
  ): Committer<Committable> | Promise<Committer<Committable>>
}

export interface SinkWriterContext extends RuntimeContext {
  readonly clock: Clock
  readonly logger: Logger
  /** The checkpoint the subtask begins with; undefined where it begins with nothing. */
  readonly restoredCheckpointId: number | undefined
  /** To the sink's coordinator in the job host; only for sinks that have one. */
  sendEventToCoordinator(event: unknown): void
}

/**
 * Writes the records of one subtask. At the barrier of a checkpoint: `flush(false)`,
 * `prepareCommit`, `snapshotState`; at the end of input `flush(true)` and `prepareCommit`; `close`
 * always.
 */
export interface SinkWriter<T, Committable = never, WriterState = never> {
  write(record: T): void
  /**
   * undefined while the writer takes records; otherwise settles when it does again. Looked at
   * before each batch: this is how a slow sink makes backpressure.
   */
  blocked?(): Promise<void> | undefined
  /** All that was written is handed to the outside. At each barrier and at the end of input. */
  flush(isEndOfInput: boolean): void | Promise<void>
  /** After `flush`: what is to be committed. Belongs to the checkpoint at hand. */
  prepareCommit?(): readonly Committable[] | Promise<readonly Committable[]>
  /** After `prepareCommit`: what a writer that is restored must know. */
  snapshotState?(checkpointId: number): readonly WriterState[]
  handleEvent?(event: unknown): void
  close(): void | Promise<void>
}

/**
 * Makes visible what writers prepared. After a failure it is asked again for what it may have
 * committed already, also by an earlier process: committing twice must do what committing once
 * does.
 */
export interface Committer<Committable> {
  /**
   * In the order of the checkpoints. Called one at a time; a rejection fails the subtask, which is
   * restored and commits again.
   */
  commit(committables: readonly Committable[]): Promise<void>
  close(): void | Promise<void>
}
