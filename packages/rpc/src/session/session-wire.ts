import type { TaskExecutorMessage, TaskManagerMessage } from '@millrace/core'
import type { SessionFrame } from './session-frame.ts'

/**
 * One connection: frames in order, none twice, or closed. gRPC streams are wires, the simulation
 * has its own. `send` and `close` never throw; what cannot be sent any more is dropped.
 */
export interface SessionWire<Out> {
  send(frame: SessionFrame<Out>): void
  /** Sends what was given so far, then closes. `onClosed` may follow or not. */
  close(): void
}

export interface SessionWireHandler<In> {
  onFrame(frame: SessionFrame<In>): void
  /** At most once; nothing follows. `error` where the peer did not close it. */
  onClosed(error?: Error): void
}

/** The wire's end at a TaskManager. */
export type TaskManagerWire = SessionWire<TaskManagerMessage>
export type TaskManagerWireHandler = SessionWireHandler<TaskExecutorMessage>

/** The wire's end at the JobManager. */
export type JobManagerWire = SessionWire<TaskExecutorMessage>
export type JobManagerWireHandler = SessionWireHandler<TaskManagerMessage>

/** How a TaskManager dials the JobManager. */
export interface SessionConnector {
  /** Resolves when the JobManager took the connection; rejects with JOB_MANAGER_UNREACHABLE. */
  connect(handler: TaskManagerWireHandler): Promise<TaskManagerWire>
}
