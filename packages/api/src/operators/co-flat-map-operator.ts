import { FunctionOperator } from './function-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** Any number of records for each of either input. */
export class CoFlatMapOperator extends FunctionOperator {
  generate(code: ChainCode, inputIndex: number): string {
    const method = inputIndex === 0 ? 'flatMap1' : 'flatMap2'
    const args = `${code.value}, ${code.collector()}`
    return code.pull(this.userFunction.call(code, method, args))
  }
}
