import {
  type ChannelCount,
  type ErrorInfo,
  errorInfo,
  type Logger,
  type TaskDeployment,
  type TaskExecutionState,
} from '@millrace/core'
import type { TaskServices } from '../task-services.ts'

/** Says to the TaskExecutor, and to the log, how one attempt fares. */
export class TaskReporter {
  readonly #deployment: TaskDeployment
  readonly #services: TaskServices
  #logger: Logger

  constructor(deployment: TaskDeployment, services: TaskServices) {
    this.#deployment = deployment
    this.#services = services
    this.#logger = this.#loggerFor(deployment.vertexId)
  }

  /** The graph is known: from now on the log names the vertex. Its first state waits for that. */
  onVertex(vertexName: string): void {
    this.#logger = this.#loggerFor(vertexName)
    this.#logger.info('task state changed', { state: 'INITIALIZING' })
  }

  state(
    state: TaskExecutionState['state'],
    failure: ErrorInfo | undefined = undefined,
    channelCounts: readonly ChannelCount[] = [],
  ): void {
    const { jobId, attemptId } = this.#deployment
    if (failure !== undefined) {
      this.#logger.warn('task failed', { code: failure.code, message: failure.message })
    } else if (state !== 'INITIALIZING') {
      this.#logger.info('task state changed', { state })
    }
    this.#services.report({ jobId, attemptId, state, failure, channelCounts })
  }

  /** A failure that decides nothing any more. */
  laterFailure({ code, message }: ErrorInfo): void {
    this.#logger.info('later failure of a task that ends', { code, message })
  }

  /** The end of input came before their time. */
  timersDropped(count: number): void {
    this.#logger.info('timers dropped at the end of input', { count })
  }

  /** Something could not be closed, of a task that ends in any case. */
  closingFailed(what: 'task' | 'operator' | 'iterator', error: unknown): void {
    const { message, stack } = errorInfo(error, 'USER_FUNCTION_FAILED')
    this.#logger.warn(`${what} failed to close`, { error: message, stack })
  }

  #loggerFor(vertex: string): Logger {
    const { subtaskIndex, attemptNumber } = this.#deployment
    return this.#services.logger.child({ vertex, subtask: subtaskIndex, attempt: attemptNumber })
  }
}
