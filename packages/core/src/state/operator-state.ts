import type { ListState } from './keyed-state.ts'
import type { ListStateDescription, MapStateDescription } from './state-description.ts'

/**
 * The state of one subtask of an operator that belongs to no key: the position of a source, the
 * open transactions of a sink, rules that every subtask knows. Asked for in `initializeState`,
 * where it holds what was restored; its content is part of each checkpoint. As with keyed state no
 * reference crosses the border, and a name is one state: asking for it again as something else is
 * an error (STATE_NAME_DUPLICATE). It lies in memory and is written whole each time: keep it small.
 */
export interface OperatorStateStore {
  /** With another parallelism the items of all subtasks are dealt out evenly, in order. */
  getListState<T>(descriptor: ListStateDescription<T>): ListState<T>
  /** Each subtask restores the items of all subtasks, and takes what concerns it. */
  getUnionListState<T>(descriptor: ListStateDescription<T>): ListState<T>
  /** A map that is the same in all subtasks; each restores one copy of it. */
  getBroadcastState<K, V>(descriptor: MapStateDescription<K, V>): BroadcastState<K, V>
}

/** Broadcast state where it must not change, because other subtasks would not change theirs. */
export interface ReadOnlyBroadcastState<K, V> {
  get(key: K): V | undefined
  contains(key: K): boolean
  /** In the order in which the keys were first put. */
  entries(): IterableIterator<[K, V]>
  keys(): IterableIterator<K>
  values(): IterableIterator<V>
  isEmpty(): boolean
}

/** A map that every subtask changes in the same way. Its keys are those of a MapState. */
export interface BroadcastState<K, V> extends ReadOnlyBroadcastState<K, V> {
  put(key: K, value: V): void
  putAll(entries: Iterable<readonly [K, V]>): void
  remove(key: K): void
  clear(): void
}
