import type { OperatorStateStore } from '@millrace/core'
import type {
  FunctionInitializationContext,
  KeyedStateStore,
} from '../function/checkpointed-function.ts'
import type { UserFunction } from '../function/user-function.ts'
import type {
  ChainCode,
  OperatorContext,
  StateInitializationContext,
  StreamOperator,
} from './stream-operator.ts'

/** An operator around a function of the user, whose life it shares. */
export abstract class FunctionOperator implements StreamOperator {
  protected readonly userFunction: UserFunction

  constructor(userFunction: UserFunction) {
    this.userFunction = userFunction
  }

  abstract generate(code: ChainCode, inputIndex: number): string

  initializeState(context: StateInitializationContext): void | Promise<void> {
    return this.userFunction.initializeState(new InitializationContext(context))
  }

  open(context: OperatorContext): void | Promise<void> {
    return this.userFunction.open(context.runtimeContext)
  }

  snapshotState(checkpointId: number): void {
    this.userFunction.snapshotState({ getCheckpointId: () => checkpointId })
  }

  notifyCheckpointComplete(checkpointId: number): void | Promise<void> {
    return this.userFunction.notifyCheckpointComplete(checkpointId)
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.userFunction.notifyCheckpointAborted(checkpointId)
  }

  close(): void | Promise<void> {
    return this.userFunction.close()
  }
}

class InitializationContext implements FunctionInitializationContext {
  readonly #context: StateInitializationContext

  constructor(context: StateInitializationContext) {
    this.#context = context
  }

  isRestored(): boolean {
    return this.#context.isRestored
  }

  getRestoredCheckpointId(): number | undefined {
    return this.#context.restoredCheckpointId
  }

  getOperatorStateStore(): OperatorStateStore {
    return this.#context.operatorState
  }

  getKeyedStateStore(): KeyedStateStore {
    return this.#context.runtimeContext
  }
}
