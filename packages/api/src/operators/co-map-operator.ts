import { FunctionOperator } from './function-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** One record for each of either input. */
export class CoMapOperator extends FunctionOperator {
  generate(code: ChainCode, inputIndex: number): string {
    const mapped = code.local('mapped')
    const method = inputIndex === 0 ? 'map1' : 'map2'
    return `const ${mapped} = ${this.userFunction.call(code, method, code.value)};
${code.emit(mapped)}`
  }
}
