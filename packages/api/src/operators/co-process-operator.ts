import { FunctionOperator } from './function-operator.ts'
import { ProcessContexts } from './process-context.ts'
import type { ChainCode, OperatorContext } from './stream-operator.ts'

/** Runs a CoProcessFunction or a KeyedCoProcessFunction: keyed where its inputs are. */
export class CoProcessOperator extends FunctionOperator {
  readonly #contexts = new ProcessContexts()

  generate(code: ChainCode, inputIndex: number): string {
    const method = inputIndex === 0 ? 'processElement1' : 'processElement2'
    const args = `${code.value}, ${this.#contexts.ofRecord(code)}, ${code.collector()}`
    return code.pull(this.userFunction.call(code, method, args))
  }

  generateTimer(code: ChainCode): string | undefined {
    return this.#contexts.callOnTimer(code, this.userFunction)
  }

  override open(context: OperatorContext): void | Promise<void> {
    this.#contexts.open(context)
    return super.open(context)
  }
}
