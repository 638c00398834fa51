import type { Session, TaskExecutorMessage, TaskManagerMessage } from '@millrace/core'
import type { TaskManagerSessionHandler } from '@millrace/rpc'

/**
 * Stands before a TaskExecutor and watches its slot reports: `ready` resolves once it is registered
 * and none of its slots is starting.
 */
export class TaskManagerReadiness implements TaskManagerSessionHandler {
  readonly ready: Promise<void>
  readonly #handler: TaskManagerSessionHandler
  readonly #resolve: () => void

  constructor(handler: TaskManagerSessionHandler) {
    this.#handler = handler
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ready = promise
    this.#resolve = resolve
  }

  onRegistered(session: Session<TaskManagerMessage>): void {
    this.#handler.onRegistered({
      sessionId: session.sessionId,
      send: (message) => {
        session.send(message)
        if (message.kind === 'slot-report') this.#look(message)
      },
      close: (reason) => session.close(reason),
    })
  }

  onMessage(message: TaskExecutorMessage): void {
    this.#handler.onMessage(message)
  }

  onSuspended(): void {
    this.#handler.onSuspended()
  }

  onResumed(): void {
    this.#handler.onResumed()
  }

  onClosed(reason: string): void {
    this.#handler.onClosed(reason)
  }

  #look({ slots }: Extract<TaskManagerMessage, { kind: 'slot-report' }>): void {
    if (slots.every(({ state }) => state !== 'starting')) this.#resolve()
  }
}
