import { FunctionOperator } from './function-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** One record for each. */
export class MapOperator extends FunctionOperator {
  generate(code: ChainCode): string {
    const mapped = code.local('mapped')
    return `const ${mapped} = ${this.userFunction.call(code, 'map', code.value)};
${code.emit(mapped)}`
  }
}
