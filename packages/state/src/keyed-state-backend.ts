import type {
  AggregatingState,
  AggregatingStateDescription,
  ListState,
  ListStateDescription,
  MapState,
  MapStateDescription,
  ReducingState,
  ReducingStateDescription,
  ValueState,
  ValueStateDescription,
} from '@millrace/core'

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
  /** Some state has a time to live. */
  readonly hasExpiringState: boolean
  /** Entries that were removed because they had expired. It stays known after `close`. */
  readonly expiredCount: number
  /**
   * A bounded piece of the work of removing what has expired: looks at about `entryCountMax`
   * entries, beginning where it stopped last. Returns how many it removed.
   */
  cleanUpExpired(entryCountMax: number): number
  /** Nothing is called after it. */
  close(): void
}
