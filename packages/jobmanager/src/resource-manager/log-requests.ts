import { type Clock, MillraceError, type TaskManagerId, type Timer } from '@millrace/core'

interface LogRequestPending {
  readonly taskManagerId: TaskManagerId
  readonly timer: Timer
  readonly resolve: (lines: readonly string[]) => void
  readonly reject: (error: MillraceError) => void
}

const logTimeoutMs = 10_000

/** Questions for a TaskManager's log that wait for their answer. */
export class LogRequests {
  readonly #clock: Clock
  readonly #pending = new Map<number, LogRequestPending>()
  #nextRequestId = 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `send` with the number the answer will bear. Rejects if none comes within 10 s. */
  start(
    taskManagerId: TaskManagerId,
    send: (requestId: number) => void,
  ): Promise<readonly string[]> {
    const requestId = this.#nextRequestId++
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(logTimeoutMs, () => {
        this.#pending.delete(requestId)
        reject(expired(taskManagerId))
      })
      this.#pending.set(requestId, { taskManagerId, timer, resolve, reject })
      send(requestId)
    })
  }

  complete(requestId: number, lines: readonly string[]): void {
    const request = this.#pending.get(requestId)
    if (request === undefined) return
    this.#pending.delete(requestId)
    request.timer.cancel()
    request.resolve(lines)
  }

  /** The TaskManager is gone: nothing will be answered. */
  failAll(taskManagerId: TaskManagerId, error: MillraceError): void {
    for (const [requestId, request] of [...this.#pending]) {
      if (request.taskManagerId !== taskManagerId) continue
      this.#pending.delete(requestId)
      request.timer.cancel()
      request.reject(error)
    }
  }
}

function expired(taskManagerId: TaskManagerId): MillraceError {
  return new MillraceError(
    'RPC_FAILED',
    `TaskManager ${taskManagerId} did not answer with its log within ${logTimeoutMs} ms. ` +
      'It is registered; ask again, or read the log on its machine.',
    { disposition: 'reject-request', blame: 'external', details: { taskManagerId } },
  )
}
