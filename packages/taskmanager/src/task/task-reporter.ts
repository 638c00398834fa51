import {
  type ChannelCount,
  type ErrorInfo,
  errorInfo,
  type TaskDeployment,
  type TaskExecutionState,
} from '@millrace/core'
import type { TaskServices } from './task-services.ts'

/** Says to the TaskExecutor, and to the log, how one attempt fares. */
export class TaskReporter {
  readonly #deployment: TaskDeployment
  readonly #services: TaskServices

  constructor(deployment: TaskDeployment, services: TaskServices) {
    this.#deployment = deployment
    this.#services = services
  }

  state(
    state: TaskExecutionState['state'],
    failure: ErrorInfo | undefined = undefined,
    channelCounts: readonly ChannelCount[] = [],
  ): void {
    const { jobId, attemptId } = this.#deployment
    this.#services.report({ jobId, attemptId, state, failure, channelCounts })
  }

  /** A failure that decides nothing any more. */
  laterFailure({ code, message }: ErrorInfo): void {
    const { attemptId } = this.#deployment
    this.#services.logger.info('later failure of a task that ends', { attemptId, code, message })
  }

  /** Something could not be closed, of a task that ends in any case. */
  closingFailed(what: 'task' | 'operator' | 'iterator', error: unknown): void {
    const { attemptId } = this.#deployment
    const { message, stack } = errorInfo(error, 'USER_FUNCTION_FAILED')
    this.#services.logger.warn(`${what} failed to close`, { attemptId, error: message, stack })
  }
}
