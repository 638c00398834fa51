import { assert } from '@millrace/core'
import type { KeyedProcessContext } from '../function/functions.ts'
import { FunctionOperator } from './function-operator.ts'
import type { ChainCode, OperatorContext } from './stream-operator.ts'

/** Runs a KeyedProcessFunction, with the key of each record. */
export class KeyedProcessOperator extends FunctionOperator {
  readonly #context = new CurrentKeyContext()

  generate(code: ChainCode): string {
    const context = code.bind(this.#context, 'context')
    const args = `${code.value}, ${context}, ${code.collector()}`
    return code.pull(this.userFunction.call(code, 'processElement', args))
  }

  override open(context: OperatorContext): void | Promise<void> {
    this.#context.currentKey = context.currentKey
    return super.open(context)
  }
}

class CurrentKeyContext implements KeyedProcessContext<unknown> {
  currentKey: (() => unknown) | undefined = undefined

  timestamp(): number | undefined {
    return undefined
  }

  getCurrentKey(): unknown {
    assert(this.currentKey !== undefined, 'a record came before the operator was opened')
    return this.currentKey()
  }
}
