import { assert, type TypeDescriptor } from '@millrace/core'
import { type ValueState, ValueStateDescriptor } from '../state/value-state.ts'
import type { OperatorContext } from './stream-operator.ts'

/**
 * The one value an operator of the engine keeps for each key. Generated code is written before the
 * operator is opened, so it binds this and reads `state` for each record.
 */
export class KeyedState {
  state: ValueState<unknown> | undefined = undefined
  readonly #name: string
  readonly #type: TypeDescriptor | undefined

  constructor(name: string, type: TypeDescriptor | undefined) {
    this.#name = name
    this.#type = type
  }

  open(context: OperatorContext): void {
    assert(this.state === undefined, `state '${this.#name}' is opened twice`)
    const type = this.#type === undefined ? undefined : { descriptor: this.#type }
    const descriptor = new ValueStateDescriptor<unknown>(this.#name, type)
    this.state = context.runtimeContext.getState(descriptor)
  }
}
