import type { Session, SlotStatus, TaskManagerMessage } from '@millrace/core'

/** A TaskManager's view of the ResourceManager. */
export class ResourceManagerGateway {
  readonly #session: Session<TaskManagerMessage>

  constructor(session: Session<TaskManagerMessage>) {
    this.#session = session
  }

  /** All slots, whenever one of them changed; the first message of every session. */
  sendSlotReport(slots: readonly SlotStatus[]): void {
    this.#session.send({ kind: 'slot-report', slots })
  }

  /** Answers 'request-log'. */
  sendLog(requestId: number, lines: readonly string[]): void {
    this.#session.send({ kind: 'log', requestId, lines })
  }
}
