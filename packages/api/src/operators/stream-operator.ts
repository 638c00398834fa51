import type { OperatorStateStore } from '@millrace/core'
import type { Collector } from '../function/collector.ts'
import type { RuntimeContext } from '../function/runtime-context.ts'
import type { TimerService } from '../function/timer-service.ts'

/**
 * One operator of a chain. Its per-record work is not a method but text: the task writes the texts
 * of a whole chain into one generated function, so that every call site in it sees one target
 * (virtual calls cost ten times as much once a few pipelines share them; docs/decisions).
 *
 * Order: `initializeState`, then `open` (both last operator of the chain first), records, `finish`
 * (first operator first) at the end of input, `close` always. What concerns checkpoints comes
 * between records, and after `finish` too, until the last checkpoint.
 */
export interface StreamOperator extends CheckpointedOperator {
  /** Statements that process the record `code.value` of input `inputIndex` (0, or 1 of two). */
  generate(code: ChainCode, inputIndex: number): string
  /**
   * Statements that run when a timer fires, with its timestamp as `code.value` and its key current.
   * Undefined: the operator can set no timers.
   */
  generateTimer?(code: ChainCode): string | undefined
  open(context: OperatorContext): void | Promise<void>
  /** No record follows; may still emit through the context's output. */
  finish?(): void | Promise<void>
  /** An event of its coordinator in the job host, as it was sent. */
  handleEvent?(event: Uint8Array): void
  /** Not undefined: takes no records until it settles. Looked at before each batch. */
  blocked?(): Promise<void> | undefined
  close(): void | Promise<void>
}

/** What any operator has to do with checkpoints: that of a function, of a source, of a sink. */
export interface CheckpointedOperator {
  /** First of all: asks for its state, which holds what was restored. */
  initializeState?(context: StateInitializationContext): void | Promise<void>
  /** Before the barrier goes on; may still emit. No record comes until it has settled. */
  prepareSnapshot?(checkpointId: number): void | Promise<void>
  /** Behind the barrier: brings its state to what the checkpoint is to hold. */
  snapshotState?(checkpointId: number): void
  /** The checkpoint, and so every earlier one, counts. A rejection fails the task. */
  notifyCheckpointComplete?(checkpointId: number): void | Promise<void>
  /** The checkpoint will never count; a later one may. */
  notifyCheckpointAborted?(checkpointId: number): void
}

export interface StateInitializationContext {
  readonly operatorState: OperatorStateStore
  /** Its keyed state may be asked for already. */
  readonly runtimeContext: RuntimeContext
  /** It begins with what a checkpoint holds. */
  readonly isRestored: boolean
  readonly restoredCheckpointId: number | undefined
  /**
   * It had been finished in that checkpoint: it is opened only to commit what is left to commit. No
   * record comes, and it is not finished again.
   */
  readonly isFinished: boolean
  /** The job takes checkpoints: what is prepared is committed by one of them. */
  readonly isCheckpointing: boolean
}

/** What an operator writes its code with. Every statement ends in `;`. */
export interface ChainCode {
  /** Expression of the record at hand: a local constant, may be used many times. */
  readonly value: string
  /** Expression of the record's key; undefined outside a keyed operator. */
  readonly key: string | undefined
  /** A name for `object` inside the generated code. */
  bind(object: unknown, hint: string): string
  /** Statements that hand the value of `expression` to all that follows. */
  emit(expression: string): string
  /** Name of a Collector whose `collect` continues with all that follows. */
  collector(): string
  /**
   * Statements for a call that may return an iterable: evaluates `expression` once and, where it is
   * an iterable, emits its items while outputs are available; the task goes on with the rest later,
   * before any other record.
   */
  pull(expression: string): string
  /** A name that is unique in this chain, for local constants. */
  local(hint: string): string
}

export interface OperatorContext {
  readonly runtimeContext: RuntimeContext
  /** Emits outside of a record's processing (finish). */
  readonly output: Collector<unknown>
  /** Current key of the task, for keyed operators. */
  readonly currentKey: () => unknown
  /** Refuses timers where the operator is not keyed, or generates nothing for them. */
  readonly timerService: TimerService
}
