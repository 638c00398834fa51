import { FunctionOperator } from './function-operator.ts'
import { ProcessContexts } from './process-context.ts'
import type { ChainCode, OperatorContext } from './stream-operator.ts'

/** Runs a ProcessFunction or a KeyedProcessFunction, with the key of each record if it has one. */
export class ProcessOperator extends FunctionOperator {
  readonly #contexts = new ProcessContexts()

  generate(code: ChainCode): string {
    const args = `${code.value}, ${this.#contexts.ofRecord(code)}, ${code.collector()}`
    return code.pull(this.userFunction.call(code, 'processElement', args))
  }

  generateTimer(code: ChainCode): string | undefined {
    return this.#contexts.callOnTimer(code, this.userFunction)
  }

  override open(context: OperatorContext): void | Promise<void> {
    this.#contexts.open(context)
    return super.open(context)
  }
}
