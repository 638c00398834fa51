import type { Collector } from '../function/collector.ts'
import type { RuntimeContext } from '../function/runtime-context.ts'
import type { TimerService } from '../function/timer-service.ts'

/**
 * One operator of a chain. Its per-record work is not a method but text: the task writes the texts
 * of a whole chain into one generated function, so that every call site in it sees one target
 * (virtual calls cost ten times as much once a few pipelines share them; docs/decisions).
 *
 * Order: `open` (last operator of the chain first), records, `finish` (first operator first) at the
 * end of input, `close` always.
 */
export interface StreamOperator {
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
