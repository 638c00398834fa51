import type { TypeInformation } from '../type/type-descriptor.ts'
import type { AggregateFunction } from './aggregate-function.ts'
import type { StateTtlConfig } from './state-ttl-config.ts'

/** What every state has: a name, unique in its operator, that finds it again after a restart. */
interface NamedState {
  readonly name: string
  /** The name it had: what a savepoint has under that one is restored into this state. */
  readonly movedFrom?: string | undefined
  /** When its entries expire; undefined: never. */
  readonly ttl: StateTtlConfig | undefined
}

// Where a type is undefined, the generic encoding is used, which describes itself.

export interface ValueStateDescription<T> extends NamedState {
  readonly kind: 'value'
  readonly type: TypeInformation<T> | undefined
}

export interface ListStateDescription<T> extends NamedState {
  readonly kind: 'list'
  readonly elementType: TypeInformation<T> | undefined
}

export interface MapStateDescription<K, V> extends NamedState {
  readonly kind: 'map'
  readonly keyType: TypeInformation<K> | undefined
  readonly valueType: TypeInformation<V> | undefined
}

export interface ReducingStateDescription<T> extends NamedState {
  readonly kind: 'reducing'
  readonly type: TypeInformation<T> | undefined
  readonly reduceFunction: { reduce(left: T, right: T): T }
}

export interface AggregatingStateDescription<In, Accumulator, Out> extends NamedState {
  readonly kind: 'aggregating'
  readonly accumulatorType: TypeInformation<Accumulator> | undefined
  readonly aggregateFunction: AggregateFunction<In, Accumulator, Out>
}

/** Any keyed state, as a backend is asked for it. */
export type StateDescription =
  | ValueStateDescription<unknown>
  | ListStateDescription<unknown>
  | MapStateDescription<unknown, unknown>
  | ReducingStateDescription<unknown>
  | AggregatingStateDescription<unknown, unknown, unknown>
