import { type ErrorInfo, errorInfo } from '@millrace/core'
import { OperatorError } from '../chain/operator-chain.ts'
import type { TaskChain } from '../task-chain.ts'
import { RecordedFailure } from './recorded-failure.ts'

/** The task, as its errors see it. */
export interface FailingTask {
  isEnding(): boolean
  fail(failure: ErrorInfo): void
  /** undefined: there is none yet. */
  chain(): TaskChain | undefined
}

/** How errors in a task's code become its failure. */
export class TaskFailures {
  readonly #task: FailingTask

  constructor(task: FailingTask) {
    this.#task = task
  }

  /** Called by generated code where it catches an error; returns what is to be thrown on. */
  operatorFailed(error: unknown, operatorIndex: number, method: string | undefined): unknown {
    if (RecordedFailure.isBehind(error)) return error
    if (!this.#task.isEnding()) this.#task.fail(this.describe(error, operatorIndex, method))
    return new RecordedFailure(error)
  }

  /** An error that came out of the chain where the task itself called it. */
  chainFailed(error: unknown): void {
    if (!RecordedFailure.isBehind(error)) this.#task.fail(this.describe(error, undefined))
  }

  /** An error of the reader itself: those of what it emitted are recorded already. */
  sourceFailed(error: unknown): void {
    this.chainFailed(RecordedFailure.isBehind(error) ? error : new OperatorError(error, 0))
  }

  describe(error: unknown, operatorIndex: number | undefined, method?: string): ErrorInfo {
    return this.#task.chain()?.describe(error, operatorIndex, method) ?? errorInfo(error)
  }
}
