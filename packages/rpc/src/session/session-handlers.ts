import type {
  Clock,
  Logger,
  MillraceError,
  Random,
  Session,
  SessionHandler,
  TaskExecutorMessage,
  TaskManagerMessage,
  TaskManagerRegistration,
} from '@millrace/core'

/** What sessions take from the world. */
export interface SessionEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/**
 * The TaskManager's side of its sessions, one after the other: `onRegistered`, then messages,
 * then `onClosed` once, then (registered anew by the client itself) `onRegistered` again.
 */
export interface TaskManagerSessionHandler extends SessionHandler<TaskExecutorMessage> {
  /** A new session from nothing: send the slot report first. */
  onRegistered(session: Session<TaskManagerMessage>): void
}

/** The JobManager's side. */
export interface SessionServerHandler {
  /**
   * A TaskManager asks for a session. The answer is the handler of its messages, or a
   * MillraceError (REGISTRATION_REFUSED) that the TaskManager logs before it tries again. The
   * session of an earlier registration of the same TaskManagerId was closed just before. Messages
   * sent from inside this call arrive after the registration.
   */
  onTaskManagerRegistered(
    registration: TaskManagerRegistration,
    session: Session<TaskExecutorMessage>,
  ): SessionHandler<TaskManagerMessage> | MillraceError
}
