import { FunctionOperator } from './function-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** The records the function says yes to. */
export class FilterOperator extends FunctionOperator {
  generate(code: ChainCode): string {
    return `if (${this.userFunction.call(code, 'filter', code.value)}) {
${code.emit(code.value)}
}`
  }
}
