import {
  MillraceError,
  type Session,
  type SessionHandler,
  type TaskExecutorMessage,
  type TaskManagerMessage,
} from '@millrace/core'
import type { SessionServerHandler, TaskManagerSessionHandler } from '@millrace/rpc'
import type { Actor } from '../world/actor.ts'
import type { Observe, SessionPlace } from './cluster-observer.ts'

/** A TaskManager's handler, with everything it is told and says made known. */
export function observedTaskManagerHandler(
  observe: Observe,
  actor: Actor,
  handler: TaskManagerSessionHandler,
): TaskManagerSessionHandler {
  let place: SessionPlace | undefined
  return {
    onRegistered: (session) => {
      place = { side: 'taskmanager', sessionId: session.sessionId, actor, host: actor.host }
      observe('onSessionOpened', place)
      handler.onRegistered(observedSession<TaskManagerMessage>(observe, place, session))
    },
    onMessage: (message) => {
      if (place !== undefined) observe('onReceived', place, message)
      handler.onMessage(message)
    },
    onSuspended: () => handler.onSuspended(),
    onResumed: () => handler.onResumed(),
    onClosed: (reason) => {
      if (place !== undefined) observe('onSessionClosed', place, reason)
      handler.onClosed(reason)
    },
  }
}

/** The same for the JobManager; `hostOf` finds the host of a registration. */
export function observedSessionServerHandler(
  observe: Observe,
  actor: Actor,
  handler: SessionServerHandler,
): SessionServerHandler {
  return {
    onTaskManagerRegistered: (registration, session) => {
      const host = registration.dataHost
      const place: SessionPlace = { side: 'jobmanager', sessionId: session.sessionId, actor, host }
      observe('onSessionOpened', place)
      const answer = handler.onTaskManagerRegistered(
        registration,
        observedSession<TaskExecutorMessage>(observe, place, session),
      )
      if (answer instanceof MillraceError) {
        observe('onSessionClosed', place, answer.message)
        return answer
      }
      const observed: SessionHandler<TaskManagerMessage> = {
        onMessage: (message) => {
          observe('onReceived', place, message)
          answer.onMessage(message)
        },
        onSuspended: () => answer.onSuspended(),
        onResumed: () => answer.onResumed(),
        onClosed: (reason) => {
          observe('onSessionClosed', place, reason)
          answer.onClosed(reason)
        },
      }
      return observed
    },
  }
}

function observedSession<Out extends TaskExecutorMessage | TaskManagerMessage>(
  observe: Observe,
  place: SessionPlace,
  session: Session<Out>,
): Session<Out> {
  return {
    sessionId: session.sessionId,
    send: (message) => {
      observe('onSent', place, message)
      session.send(message)
    },
    close: (reason) => {
      observe('onSessionClosed', place, reason)
      session.close(reason)
    },
  }
}
