import {
  type BroadcastState,
  decodeGeneric,
  encodeGeneric,
  type ListState,
  type OperatorStateStore,
} from '@millrace/core'
import { runtimeContext } from './chain-test-support.ts'
import type { CheckpointedOperator, StateInitializationContext } from './stream-operator.ts'

/** Operator state of one subtask, as plain as can be; the real one is another package's. */
export class TestOperatorState implements OperatorStateStore {
  readonly #items: Map<string, unknown[]>

  constructor(snapshot?: Uint8Array) {
    const entries = snapshot === undefined ? [] : (decodeGeneric(snapshot) as [string, unknown[]][])
    this.#items = new Map(entries)
  }

  snapshot(): Uint8Array {
    return encodeGeneric([...this.#items])
  }

  getListState<T>({ name }: { readonly name: string }): ListState<T> {
    const items = (): T[] => (this.#items.get(name) ?? []) as T[]
    const set = (elements: Iterable<T>): void => void this.#items.set(name, [...elements])
    return {
      get: () => decodeGeneric(encodeGeneric(items())) as T[],
      add: (element) => set([...items(), element]),
      addAll: (elements) => set([...items(), ...elements]),
      update: set,
      clear: () => set([]),
    }
  }

  getUnionListState<T>(descriptor: { readonly name: string }): ListState<T> {
    return this.getListState(descriptor)
  }

  getBroadcastState<K, V>({ name }: { readonly name: string }): BroadcastState<K, V> {
    const map = new Map((this.#items.get(name) ?? []) as [K, V][])
    const save = (): void => void this.#items.set(name, [...map])
    const change = <Args extends readonly unknown[]>(action: (...args: Args) => void) => {
      return (...args: Args): void => {
        action(...args)
        save()
      }
    }
    return {
      get: (key) => map.get(key),
      contains: (key) => map.has(key),
      entries: () => map.entries(),
      keys: () => map.keys(),
      values: () => map.values(),
      isEmpty: () => map.size === 0,
      put: change((key: K, value: V) => void map.set(key, value)),
      putAll: change((entries: Iterable<readonly [K, V]>) => {
        for (const [key, value] of entries) map.set(key, value)
      }),
      remove: change((key: K) => void map.delete(key)),
      clear: change(() => map.clear()),
    }
  }
}

/** What an operator is initialized with. `restored`: of a checkpoint, by `performCheckpoint`. */
export function initialization(
  operatorState: TestOperatorState,
  overrides: Partial<StateInitializationContext> = {},
): StateInitializationContext {
  return {
    operatorState,
    runtimeContext: runtimeContext(() => {
      throw new Error('The operator is not keyed')
    }),
    isRestored: overrides.restoredCheckpointId !== undefined,
    restoredCheckpointId: undefined,
    isFinished: false,
    isCheckpointing: true,
    ...overrides,
  }
}

/** One checkpoint of one operator: what it has in it. */
export async function performCheckpoint(
  operator: CheckpointedOperator,
  state: TestOperatorState,
  checkpointId: number,
): Promise<Uint8Array> {
  await operator.prepareSnapshot?.(checkpointId)
  operator.snapshotState?.(checkpointId)
  return state.snapshot()
}
