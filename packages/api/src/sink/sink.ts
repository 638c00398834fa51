import type { Clock, Logger } from '@millrace/core'
import type { RuntimeContext } from '../function/runtime-context.ts'

// After FLIP-143/FLIP-191: a SinkWriter in each subtask writes; what it prepares at a barrier are
// committables, which the Committer commits once the checkpoint is complete.

/** Where records go. */
export interface Sink<T, Committable = never> {
  /** Named in errors and in the graph: 'file', 'print'. */
  readonly kind: string
  createWriter(
    context: SinkWriterContext,
  ): SinkWriter<T, Committable> | Promise<SinkWriter<T, Committable>>
  /** Present iff the sink is two-phase. Commits must be idempotent. */
  createCommitter?(context: SinkWriterContext): Committer<Committable>
}

export interface SinkWriterContext extends RuntimeContext {
  readonly clock: Clock
  readonly logger: Logger
  /** To the sink's coordinator in the job host; only for sinks that have one. */
  sendEventToCoordinator(event: unknown): void
}

export interface SinkWriter<T, Committable = never> {
  write(record: T): void
  /**
   * undefined while the writer takes records; otherwise settles when it does again. Looked at
   * before each batch: this is how a slow sink makes backpressure.
   */
  blocked?(): Promise<void> | undefined
  /** All that was written is handed to the outside. At each barrier and at the end of input. */
  flush(isEndOfInput: boolean): void | Promise<void>
  /** After `flush`: what is to be committed. */
  prepareCommit?(): readonly Committable[]
  handleEvent?(event: unknown): void
  close(): void | Promise<void>
}

export interface Committer<Committable> {
  commit(committables: readonly Committable[]): Promise<void>
  close(): void | Promise<void>
}
