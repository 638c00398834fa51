import type {
  AggregatingState,
  AggregatingStateDescription,
  Clock,
  KeyedStateHandle,
  KeyGroupRange,
  ListState,
  ListStateDescription,
  MapState,
  MapStateDescription,
  ReducingState,
  ReducingStateDescription,
  ValueState,
  ValueStateDescription,
} from '@millrace/core'
import type { KeyedSnapshot } from './snapshot/keyed-snapshot.ts'
import type { RestoreSource } from './snapshot/restore-source.ts'
import type { RestoredNames } from './snapshot/restored-names.ts'
import type { TimerQueue } from './timer/timer-queue.ts'

/** What a backend needs of the clock. */
export type BackendClock = Pick<Clock, 'now' | 'monotonicMs' | 'setImmediate'>

/**
 * A state as the engine sees it: a key has one in each namespace (a window is one). Users' state is
 * in the void namespace, which is undefined and the current one at first.
 */
export type Namespaced<State> = State & {
  /** All that follows on this state concerns this namespace: anything that could be a key. */
  setCurrentNamespace(namespace: unknown): void
}

/**
 * The working copy of the keyed state of one operator's subtask. Called from one thread. A name is
 * one state: asked for again it is the same object, and STATE_NAME_DUPLICATE where it is asked for
 * as another kind, of other types, with another time to live or another function.
 */
export interface KeyedStateBackend {
  /** Its keys are of these groups. */
  readonly keyGroups: KeyGroupRange
  /** The key of the record at hand; undefined where it has none. */
  readonly currentKey: unknown
  /** `hashKey` of the current key. */
  readonly currentHash: number
  /** All that follows concerns this key. `hash` is `hashKey(key)`. Called per record. */
  setCurrentKey(key: unknown, hash: number): void
  getValueState<T>(description: ValueStateDescription<T>): Namespaced<ValueState<T>>
  getListState<T>(description: ListStateDescription<T>): Namespaced<ListState<T>>
  getMapState<K, V>(description: MapStateDescription<K, V>): Namespaced<MapState<K, V>>
  getReducingState<T>(description: ReducingStateDescription<T>): Namespaced<ReducingState<T>>
  getAggregatingState<In, Accumulator, Out>(
    description: AggregatingStateDescription<In, Accumulator, Out>,
  ): Namespaced<AggregatingState<In, Out>>
  /**
   * Timers are keyed state: restored and part of each snapshot. A name is one queue; it is none of
   * the names of states.
   */
  getTimerQueue(name: string): TimerQueue
  /**
   * Begins with what these chains say of its key groups. Called once, before any state is written
   * (it may have been asked for) and before the first `seal`. Each file is verified before anything
   * of it is applied; the event loop goes on meanwhile. Rejects with CHECKPOINT_CORRUPT for a file
   * that is not what was written, with FILE_NOT_FOUND or FILE_READ_FAILED, or with what
   * `checkWanted` threw; nothing but `close` may follow then. Where `names` says that some states
   * go on under other names, or not at all, the next snapshot is whole: none before it is needed.
   */
  restore(
    handles: readonly KeyedStateHandle[],
    source: RestoreSource,
    names?: RestoredNames,
  ): Promise<void>
  /**
   * Keeps the state as it is now for a snapshot, in O(1). Only one snapshot is encoded at a time:
   * an earlier one that is not encoded yet is finished first. Ids grow.
   */
  seal(checkpointId: number): KeyedSnapshot
  /** Some state has a time to live. */
  readonly hasExpiringState: boolean
  /** Entries that were removed because they had expired. It stays known after `close`. */
  readonly expiredCount: number
  /**
   * A bounded piece of the work of removing what has expired: looks at about `entryCountMax`
   * entries, beginning where it stopped last. Returns how many it removed.
   */
  cleanUpExpired(entryCountMax: number): number
  /** Nothing but `closed` is called after it. */
  close(): void
  /** After `close`: nothing is left outside of memory. Absent where nothing ever is. */
  closed?(): Promise<void>
}
