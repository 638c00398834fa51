import { assert, type TypeDescriptor, type ValueState } from '@millrace/core'
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
    // No user's state has a name that begins so: the function of the operator may have its own.
    const name = `_${this.#name}`
    const descriptor = { kind: 'value', name, type, ttl: undefined } as const
    this.state = context.runtimeContext.getState(descriptor)
  }
}
