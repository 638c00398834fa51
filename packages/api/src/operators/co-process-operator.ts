import { FunctionOperator } from './function-operator.ts'
import { untimedContext } from './process-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** Runs a CoProcessFunction; its state is keyed where its inputs are. */
export class CoProcessOperator extends FunctionOperator {
  generate(code: ChainCode, inputIndex: number): string {
    const method = inputIndex === 0 ? 'processElement1' : 'processElement2'
    const context = code.bind(untimedContext, 'context')
    const args = `${code.value}, ${context}, ${code.collector()}`
    return code.pull(this.userFunction.call(code, method, args))
  }
}
