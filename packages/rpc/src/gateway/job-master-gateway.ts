import type {
  CheckpointReport,
  ExecutionAttemptId,
  JobId,
  JobVertexId,
  OperatorId,
  Session,
  TaskExecutionState,
  TaskManagerMessage,
  TaskMetrics,
} from '@millrace/core'

/** A TaskManager's view of the JobMasters whose tasks it runs. */
export class JobMasterGateway {
  readonly #session: Session<TaskManagerMessage>

  constructor(session: Session<TaskManagerMessage>) {
    this.#session = session
  }

  updateTaskExecutionState(state: TaskExecutionState): void {
    this.#session.send({ kind: 'task-execution-state', state })
  }

  reportMetrics(tasks: readonly TaskMetrics[]): void {
    this.#session.send({ kind: 'metrics-report', tasks })
  }

  /** What a task says of a checkpoint. */
  reportCheckpoint(report: CheckpointReport): void {
    this.#session.send(report)
  }

  /** An event of a subtask for its operator's coordinator. */
  sendOperatorEvent(event: {
    readonly jobId: JobId
    readonly vertexId: JobVertexId
    readonly attemptId: ExecutionAttemptId
    readonly subtaskIndex: number
    readonly operatorId: OperatorId
    readonly event: Uint8Array
  }): void {
    this.#session.send({ kind: 'operator-event', ...event })
  }
}
