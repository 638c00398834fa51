import {
  assert,
  type BroadcastState,
  type MapStateDescription,
  MillraceError,
  type OperatorStateStore,
  type ReadOnlyBroadcastState,
} from '@millrace/core'

type Description = MapStateDescription<unknown, unknown>

interface Opened {
  readonly state: BroadcastState<unknown, unknown>
  readonly view: ReadOnlyBroadcastState<unknown, unknown>
}

/** The broadcast states of one operator: those whose descriptors were given to `broadcast`. */
export class BroadcastStates {
  readonly #descriptors: readonly Description[]
  readonly #opened = new Map<string, Opened>()

  constructor(descriptors: readonly Description[]) {
    this.#descriptors = descriptors
  }

  open(store: OperatorStateStore): void {
    for (const descriptor of this.#descriptors) {
      const state = store.getBroadcastState(descriptor)
      this.#opened.set(descriptor.name, { state, view: new ReadOnlyView(state) })
    }
  }

  get<K, V>(descriptor: MapStateDescription<K, V>): BroadcastState<K, V> {
    return this.#find(descriptor.name).state as BroadcastState<K, V>
  }

  getReadOnly<K, V>(descriptor: MapStateDescription<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.#find(descriptor.name).view as ReadOnlyBroadcastState<K, V>
  }

  #find(name: string): Opened {
    const opened = this.#opened.get(name)
    if (opened !== undefined) return opened
    const names = this.#descriptors.map((descriptor) => `'${descriptor.name}'`)
    assert(this.#opened.size === names.length, 'broadcast state is used before it was opened')
    throw new MillraceError(
      'ARGUMENT_INVALID',
      `Broadcast state '${name}' is none of those of the broadcast stream: ${names.join(', ')}. ` +
        'Give its descriptor to broadcast().',
      { blame: 'user', details: { state: name } },
    )
  }
}

/** A state without the means to change it, for programs without types too. */
class ReadOnlyView<K, V> implements ReadOnlyBroadcastState<K, V> {
  readonly #state: BroadcastState<K, V>

  constructor(state: BroadcastState<K, V>) {
    this.#state = state
  }

  get(key: K): V | undefined {
    return this.#state.get(key)
  }

  contains(key: K): boolean {
    return this.#state.contains(key)
  }

  entries(): IterableIterator<[K, V]> {
    return this.#state.entries()
  }

  keys(): IterableIterator<K> {
    return this.#state.keys()
  }

  values(): IterableIterator<V> {
    return this.#state.values()
  }

  isEmpty(): boolean {
    return this.#state.isEmpty()
  }
}
