import type {
  ExecutionAttemptId,
  Session,
  SessionId,
  SlotStatus,
  TaskExecutionState,
  TaskManagerMessage,
} from '@millrace/core'

/** A session that keeps what was sent. */
export class RecordingSession implements Session<TaskManagerMessage> {
  readonly sessionId: SessionId
  readonly sent: TaskManagerMessage[] = []
  closedFor: string | undefined

  constructor(sessionId: SessionId) {
    this.sessionId = sessionId
  }

  send(message: TaskManagerMessage): void {
    this.sent.push(message)
  }

  close(reason: string): void {
    this.closedFor = reason
  }

  get lastReport(): readonly SlotStatus[] {
    const reports = this.sent.filter((message) => message.kind === 'slot-report')
    return reports.at(-1)?.slots ?? []
  }

  get states(): readonly TaskExecutionState[] {
    return this.sent.flatMap((each) => (each.kind === 'task-execution-state' ? [each.state] : []))
  }

  /** `STATE` or `STATE CODE` of each report of the attempt. */
  statesOf(attemptId: ExecutionAttemptId): readonly string[] {
    return this.states
      .filter((each) => each.attemptId === attemptId)
      .map(({ state, failure }) => (failure === undefined ? state : `${state} ${failure.code}`))
  }
}
