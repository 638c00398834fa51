import type { OperatorStateStore } from '@millrace/core'
import type { RuntimeContext } from './runtime-context.ts'

/**
 * A function that takes part in checkpoints with state that belongs to no key. Any function that is
 * an object may implement it; its operator must have a name.
 *
 * ```ts
 * import {
 *   type CheckpointedFunction, type FunctionInitializationContext, ListStateDescriptor,
 *   type ListState, type MapFunction, types,
 * } from 'millrace'
 *
 * class Numbering implements MapFunction<string, string>, CheckpointedFunction {
 *   #count = 0
 *   #state!: ListState<number>
 *   initializeState(context: FunctionInitializationContext) {
 *     const descriptor = new ListStateDescriptor('count', types.float64)
 *     this.#state = context.getOperatorStateStore().getListState(descriptor)
 *     this.#count = this.#state.get().reduce((sum, count) => sum + count, 0)
 *   }
 *   map(line: string) {
 *     return `${++this.#count} ${line}`
 *   }
 *   snapshotState() {
 *     this.#state.update([this.#count])
 *   }
 * }
 * ```
 */
export interface CheckpointedFunction {
  /** Before `open`: asks for its state, which holds what was restored. */
  initializeState(context: FunctionInitializationContext): void | Promise<void>
  /** Between two records: brings its state up to date. Not async: the task stands still for it. */
  snapshotState(context: FunctionSnapshotContext): void
}

/**
 * A function that wants to know what became of a checkpoint. Any function that is an object may
 * implement it. Calls come in the order of the checkpoints, some may be left out: a checkpoint that
 * is complete makes up for all earlier ones.
 */
export interface CheckpointListener {
  /** What it says holds even if the task fails now. A rejection fails the task. */
  notifyCheckpointComplete(checkpointId: number): void | Promise<void>
  /** It will never be complete; a later one may. */
  notifyCheckpointAborted?(checkpointId: number): void
}

export interface FunctionInitializationContext {
  /** The function begins with what a checkpoint holds. */
  isRestored(): boolean
  /** That checkpoint's id. */
  getRestoredCheckpointId(): number | undefined
  getOperatorStateStore(): OperatorStateStore
  /** State of keys, as the runtime context gives it: an error where the stream has none. */
  getKeyedStateStore(): KeyedStateStore
}

export interface FunctionSnapshotContext {
  getCheckpointId(): number
}

/** Where a function asks for state of the current key. */
export type KeyedStateStore = Pick<
  RuntimeContext,
  'getState' | 'getListState' | 'getMapState' | 'getReducingState' | 'getAggregatingState'
>
