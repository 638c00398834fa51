import { type TypeDescriptor, unreachable } from '@millrace/core'
import { type FieldAccess, fieldMismatch } from './field-access.ts'
import { KeyedState } from './keyed-state.ts'
import type { ChainCode, OperatorContext, StreamOperator } from './stream-operator.ts'

export interface Extremum {
  readonly kind: 'min' | 'max' | 'minBy' | 'maxBy'
  readonly field: FieldAccess
  /** Of minBy and maxBy: which of two records with equal fields stays. */
  readonly tie: 'first' | 'last'
}

/**
 * Rolling minimum or maximum of each key. `minBy`, `maxBy`: the record that has it. `min`, `max`:
 * the first record with its field replaced, or the value alone where a selector was given.
 */
export class KeyedExtremumOperator implements StreamOperator {
  readonly #extremum: Extremum
  readonly #state: KeyedState
  /** What is kept and emitted is the selected value, not a record. */
  readonly #isValueAlone: boolean

  constructor(extremum: Extremum, type: TypeDescriptor | undefined) {
    const { kind, field } = extremum
    this.#extremum = extremum
    this.#isValueAlone = field.isSelector && (kind === 'min' || kind === 'max')
    this.#state = new KeyedState(kind, this.#isValueAlone ? undefined : type)
  }

  generate(code: ChainCode): string {
    const { field, kind } = this.#extremum
    const [state, candidate, best] = [code.local('state'), code.local('field'), code.local('best')]
    const bestField = this.#isValueAlone ? best : field.read(code, best)
    const first = this.#isValueAlone ? candidate : code.value
    const isBy = kind === 'minBy' || kind === 'maxBy'
    const next = this.#isValueAlone || isBy ? first : field.replace(best, candidate)
    const wanted = 'a value with an order (number, bigint, string, Date)'
    const mismatch = code.bind(fieldMismatch(field, wanted), 'mismatch')
    return `const ${candidate} = ${field.read(code, code.value)};
if (${candidate} == null || ${candidate} !== ${candidate}) ${mismatch}(${candidate});
const ${state} = ${code.bind(this.#state, 'keyed')}.state;
let ${best} = ${state}.value();
if (${best} === undefined) {
${best} = ${first};
${state}.update(${best});
} else if (${candidate} ${this.#comparison()} ${bestField}) {
${best} = ${next};
${state}.update(${best});
}
${code.emit(best)}`
  }

  open(context: OperatorContext): void {
    this.#state.open(context)
  }

  close(): void {}

  #comparison(): string {
    const { kind, tie } = this.#extremum
    switch (kind) {
      case 'min':
        return '<'
      case 'max':
        return '>'
      case 'minBy':
        return tie === 'first' ? '<' : '<='
      case 'maxBy':
        return tie === 'first' ? '>' : '>='
      default:
        return unreachable(kind)
    }
  }
}
