import type {
  AllocationId,
  CheckpointCommand,
  ExecutionAttemptId,
  JobId,
  JobInformation,
  OperatorId,
  Session,
  TaskDeployment,
  TaskExecutorMessage,
} from '@millrace/core'

/** A JobManager's view of a TaskManager. Every call is a message on its session, in order. */
export class TaskExecutorGateway {
  readonly #session: Session<TaskExecutorMessage>

  constructor(session: Session<TaskExecutorMessage>) {
    this.#session = session
  }

  /** Leases the slot to the job; the slot report says when it is done. */
  allocateSlot(request: {
    readonly slotIndex: number
    readonly incarnation: number
    readonly allocationId: AllocationId
    readonly job: JobInformation
  }): void {
    this.#session.send({ kind: 'allocate-slot', ...request })
  }

  /** Ends the lease: tasks left in the slot are canceled, its thread is replaced. */
  freeSlot(allocationId: AllocationId): void {
    this.#session.send({ kind: 'free-slot', allocationId })
  }

  /** Starts an attempt; execution states follow. */
  submitTask(deployment: TaskDeployment): void {
    this.#session.send({ kind: 'submit-task', deployment })
  }

  /** Cancels an attempt; an unknown one is ignored. */
  cancelTask(attemptId: ExecutionAttemptId): void {
    this.#session.send({ kind: 'cancel-task', attemptId })
  }

  /** An event of the operator's coordinator for one of its subtasks. */
  sendOperatorEvent(target: {
    readonly attemptId: ExecutionAttemptId
    readonly operatorId: OperatorId
    readonly event: Uint8Array
  }): void {
    this.#session.send({ kind: 'operator-event', ...target })
  }

  /** To tasks of a job that this TaskManager runs, in order with operator events. */
  sendCheckpointCommand(command: CheckpointCommand): void {
    this.#session.send(command)
  }

  /** The job reached its end: its bundle and threads may go. */
  releaseJob(jobId: JobId): void {
    this.#session.send({ kind: 'release-job', jobId })
  }

  /** Asks for log lines; a 'log' message with the same `requestId` answers. */
  requestLog(requestId: number, lineCountMax: number): void {
    this.#session.send({ kind: 'request-log', requestId, lineCountMax })
  }
}
