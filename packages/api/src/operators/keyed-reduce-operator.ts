import type { TypeDescriptor } from '@millrace/core'
import type { UserFunction } from '../function/user-function.ts'
import { FunctionOperator } from './function-operator.ts'
import { KeyedState } from './keyed-state.ts'
import type { ChainCode, OperatorContext } from './stream-operator.ts'

/** Combines each record with what its key has so far and emits the result. */
export class KeyedReduceOperator extends FunctionOperator {
  readonly #state: KeyedState

  constructor(userFunction: UserFunction, type: TypeDescriptor | undefined) {
    super(userFunction)
    this.#state = new KeyedState('reduced', type)
  }

  generate(code: ChainCode): string {
    const state = code.local('state')
    const reduced = code.local('reduced')
    return `const ${state} = ${code.bind(this.#state, 'keyed')}.state;
let ${reduced} = ${state}.value();
if (${reduced} === undefined) ${reduced} = ${code.value};
else ${reduced} = ${this.userFunction.call(code, 'reduce', `${reduced}, ${code.value}`)};
${state}.update(${reduced});
${code.emit(reduced)}`
  }

  override open(context: OperatorContext): void | Promise<void> {
    this.#state.open(context)
    return super.open(context)
  }
}
