import type { ProcessContext } from '../function/functions.ts'
import { FunctionOperator } from './function-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** Runs a ProcessFunction on one input without a key. */
export class ProcessOperator extends FunctionOperator {
  generate(code: ChainCode): string {
    const context = code.bind(untimedContext, 'context')
    const args = `${code.value}, ${context}, ${code.collector()}`
    return code.pull(this.userFunction.call(code, 'processElement', args))
  }
}

/** Of records that were given no event time. */
export const untimedContext: ProcessContext = { timestamp: () => undefined }
