import type { UserFunction } from '../function/user-function.ts'
import type { ChainCode, OperatorContext, StreamOperator } from './stream-operator.ts'

/** An operator around a function of the user, whose life it shares. */
export abstract class FunctionOperator implements StreamOperator {
  protected readonly userFunction: UserFunction

  constructor(userFunction: UserFunction) {
    this.userFunction = userFunction
  }

  abstract generate(code: ChainCode, inputIndex: number): string

  open(context: OperatorContext): void | Promise<void> {
    return this.userFunction.open(context.runtimeContext)
  }

  close(): void | Promise<void> {
    return this.userFunction.close()
  }
}
