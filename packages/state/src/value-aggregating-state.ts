import type { AggregatingState, AggregatingStateDescription, ValueState } from '@millrace/core'
import type { Namespaced } from './keyed-state-backend.ts'
import { defined } from './value-reducing-state.ts'

/** Aggregating state on any backend: its value is the accumulator. */
export class ValueAggregatingState<In, Accumulator, Out>
  implements Namespaced<AggregatingState<In, Out>>
{
  readonly #description: AggregatingStateDescription<In, Accumulator, Out>
  readonly #accumulator: Namespaced<ValueState<Accumulator>>

  constructor(
    description: AggregatingStateDescription<In, Accumulator, Out>,
    accumulator: Namespaced<ValueState<Accumulator>>,
  ) {
    this.#description = description
    this.#accumulator = accumulator
  }

  get(): Out | undefined {
    const accumulator = this.#accumulator.value()
    if (accumulator === undefined) return undefined
    return this.#description.aggregateFunction.getResult(accumulator)
  }

  add(value: In): void {
    const { name, aggregateFunction } = this.#description
    const accumulator = this.#accumulator.value() ?? aggregateFunction.createAccumulator()
    this.#accumulator.update(defined(aggregateFunction.add(value, accumulator), name))
  }

  clear(): void {
    this.#accumulator.clear()
  }

  setCurrentNamespace(namespace: unknown): void {
    this.#accumulator.setCurrentNamespace(namespace)
  }
}
