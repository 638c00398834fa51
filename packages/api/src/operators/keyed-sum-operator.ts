import type { TypeDescriptor } from '@millrace/core'
import { type FieldAccess, fieldMismatch } from './field-access.ts'
import { KeyedState } from './keyed-state.ts'
import type { ChainCode, OperatorContext, StreamOperator } from './stream-operator.ts'

/**
 * Rolling sum of each key: the first record with its field replaced by the sum so far, or the sum
 * alone where a selector was given.
 */
export class KeyedSumOperator implements StreamOperator {
  readonly #field: FieldAccess
  readonly #state: KeyedState

  constructor(field: FieldAccess, type: TypeDescriptor | undefined) {
    this.#field = field
    this.#state = new KeyedState('sum', field.isSelector ? undefined : type)
  }

  generate(code: ChainCode): string {
    const field = this.#field
    const [state, term, sum] = [code.local('state'), code.local('term'), code.local('sum')]
    const first = field.isSelector ? term : code.value
    const next = field.isSelector
      ? `${sum} + ${term}`
      : field.replace(sum, `${field.read(code, sum)} + ${term}`)
    const mismatch = code.bind(fieldMismatch(field, 'a number or a bigint'), 'mismatch')
    return `const ${term} = ${field.read(code, code.value)};
if (typeof ${term} !== 'number' && typeof ${term} !== 'bigint') ${mismatch}(${term});
const ${state} = ${code.bind(this.#state, 'keyed')}.state;
let ${sum} = ${state}.value();
${sum} = ${sum} === undefined ? ${first} : ${next};
${state}.update(${sum});
${code.emit(sum)}`
  }

  open(context: OperatorContext): void {
    this.#state.open(context)
  }

  close(): void {}
}
