import { FunctionOperator } from './function-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** Any number of records for each. */
export class FlatMapOperator extends FunctionOperator {
  generate(code: ChainCode): string {
    const call = this.userFunction.call(code, 'flatMap', `${code.value}, ${code.collector()}`)
    return code.pull(call)
  }
}
