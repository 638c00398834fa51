import { type ErrorInfo, errorInfo, MillraceError, type SessionId } from '@millrace/core'
import type { ConnectionOrigin } from '../session-frame.ts'

/** Whether a frame was sent on a connection that its TaskManager has given up since. */
export function isStale(origin: ConnectionOrigin, newest: ConnectionOrigin): boolean {
  return (
    origin.incarnation === newest.incarnation && origin.connectionNumber <= newest.connectionNumber
  )
}

/** The answer to a frame of a session that is over, or never was. */
export function fencedInfo(sessionId: SessionId): ErrorInfo {
  return errorInfo(
    new MillraceError(
      'SESSION_FENCED',
      `Session ${sessionId} is not known to the JobManager: it was closed, or the JobManager was ` +
        'started anew. The TaskManager ends its tasks and registers anew.',
      { disposition: 'retry', details: { sessionId } },
    ),
  )
}

/** The answer to a connection that does not begin with 'register' or 'resume', or begins twice. */
export function protocolBrokenInfo(frameKind: string): ErrorInfo {
  return errorInfo(
    new MillraceError(
      'RPC_MESSAGE_INVALID',
      `A '${frameKind}' frame came where it has no place. JobManager and TaskManager may run ` +
        'different versions of Millrace: use one version for both.',
      { disposition: 'retry', details: { frameKind } },
    ),
  )
}
