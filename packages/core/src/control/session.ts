import type { SessionId, TaskManagerId } from '../ids.ts'

/** How a TaskManager presents itself. */
export interface TaskManagerRegistration {
  readonly taskManagerId: TaskManagerId
  readonly slotCount: number
  /** Host its slots' data ports are reached at. */
  readonly dataHost: string
  /** `host:port` the main thread listens on: refused means that the process is dead. */
  readonly livenessAddress: string
  readonly processId: number
  readonly version: string
}

/** Either end of a session. What is sent arrives in order and once, or the session is closed. */
export interface Session<Out> {
  readonly sessionId: SessionId
  send(message: Out): void
  /** Ends the session for good and tells the peer why, if it can be reached. */
  close(reason: string): void
}

export interface SessionHandler<In> {
  onMessage(message: In): void
  /** The connection broke; the session may still resume. */
  onSuspended(): void
  onResumed(): void
  /** Exactly once; nothing follows. The peer is dead, cut off too long, or said so. */
  onClosed(reason: string): void
}
