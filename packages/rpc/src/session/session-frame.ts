import type { ErrorInfo, SessionId, TaskManagerId, TaskManagerRegistration } from '@millrace/core'

/**
 * Raised by every JobManager that takes over from another one; 0 where it runs without high
 * availability.
 */
export type Epoch = number

/**
 * What travels on one connection of a session. A connection begins with 'register' or 'resume'
 * from the TaskManager and its answer; every other frame carries the session's id.
 */
export type SessionFrame<Message> =
  /** TaskManager → JobManager: asks for a new session; ends an older one of the same id. */
  | {
      readonly kind: 'register'
      readonly registration: TaskManagerRegistration
      readonly origin: ConnectionOrigin
    }
  /** JobManager → TaskManager: the new session. */
  | {
      readonly kind: 'registered'
      readonly sessionId: SessionId
      readonly heartbeatIntervalMs: number
      readonly heartbeatTimeoutMs: number
      readonly epoch: Epoch
    }
  /** TaskManager → JobManager: goes on with a session whose connection broke. */
  | {
      readonly kind: 'resume'
      readonly sessionId: SessionId
      readonly taskManagerId: TaskManagerId
      readonly receivedCount: number
      readonly origin: ConnectionOrigin
    }
  /** JobManager → TaskManager: what follows `receivedCount` is to be sent again. */
  | { readonly kind: 'resumed'; readonly sessionId: SessionId; readonly receivedCount: number }
  /** JobManager → TaskManager: no session, or (SESSION_FENCED) not this one any more. */
  | { readonly kind: 'refused'; readonly error: ErrorInfo; readonly epoch: Epoch }
  | SessionTraffic<Message>

/** Frames that either end sends once the session is there. */
export type SessionTraffic<Message> =
  | {
      readonly kind: 'message'
      readonly sessionId: SessionId
      /** 1, 2, 3, … in each direction. */
      readonly sequence: number
      /** Messages of the other direction received so far: acknowledges them. */
      readonly receivedCount: number
      readonly message: Message
    }
  | { readonly kind: 'heartbeat'; readonly sessionId: SessionId; readonly receivedCount: number }
  | { readonly kind: 'close'; readonly sessionId: SessionId; readonly reason: string }

export function isTraffic<Message>(frame: SessionFrame<Message>): frame is SessionTraffic<Message> {
  return frame.kind === 'message' || frame.kind === 'heartbeat' || frame.kind === 'close'
}

/** Which connection a frame came by, so that one that was given up cannot speak again. */
export interface ConnectionOrigin {
  /** Names one run of the TaskManager's process. */
  readonly incarnation: string
  /** Raised by every connection of that run. */
  readonly connectionNumber: number
}
