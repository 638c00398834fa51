import {
  SessionId,
  type TaskExecutorMessage,
  TaskManagerId,
  type TaskManagerMessage,
  type TaskManagerRegistration,
  unreachable,
} from '@millrace/core'
import type { Register__Output as RegisterProtoOutput } from '../generated/millrace/v1/Register.ts'
import type { Resume__Output as ResumeProtoOutput } from '../generated/millrace/v1/Resume.ts'
import type {
  SessionFrame as SessionFrameProto,
  SessionFrame__Output as SessionFrameProtoOutput,
} from '../generated/millrace/v1/SessionFrame.ts'
import type {
  SessionMessage as SessionMessageProto,
  SessionMessage__Output as SessionMessageProtoOutput,
} from '../generated/millrace/v1/SessionMessage.ts'
import type { SessionFrame } from '../session/session-frame.ts'
import { messageInvalid, required } from './enum-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'
import { decodeTaskManagerMessage, encodeTaskManagerMessage } from './job-master-codec.ts'
import { decodeTaskExecutorMessage, encodeTaskExecutorMessage } from './task-executor-codec.ts'

/** A frame TaskManager → JobManager. */
export function encodeTaskManagerFrame(frame: SessionFrame<TaskManagerMessage>): SessionFrameProto {
  return encodeFrame(frame, (message) => ({ taskManager: encodeTaskManagerMessage(message) }))
}

export function decodeTaskManagerFrame(
  proto: SessionFrameProtoOutput,
): SessionFrame<TaskManagerMessage> {
  return decodeFrame(proto, ({ taskManager }) =>
    decodeTaskManagerMessage(required(taskManager, 'SessionMessage.task_manager')),
  )
}

/** A frame JobManager → TaskManager. */
export function encodeTaskExecutorFrame(
  frame: SessionFrame<TaskExecutorMessage>,
): SessionFrameProto {
  return encodeFrame(frame, (message) => ({ taskExecutor: encodeTaskExecutorMessage(message) }))
}

export function decodeTaskExecutorFrame(
  proto: SessionFrameProtoOutput,
): SessionFrame<TaskExecutorMessage> {
  return decodeFrame(proto, ({ taskExecutor }) =>
    decodeTaskExecutorMessage(required(taskExecutor, 'SessionMessage.task_executor')),
  )
}

function encodeFrame<Message>(
  frame: SessionFrame<Message>,
  encodeMessage: (message: Message) => SessionMessageProto,
): SessionFrameProto {
  switch (frame.kind) {
    case 'message': {
      const { sessionId, sequence, receivedCount, message } = frame
      return { message: { sessionId, sequence, receivedCount, ...encodeMessage(message) } }
    }
    case 'heartbeat':
      return { heartbeat: { sessionId: frame.sessionId, receivedCount: frame.receivedCount } }
    case 'close':
      return { close: { sessionId: frame.sessionId, reason: frame.reason } }
    case 'register':
      return { register: { ...frame.registration, ...frame.origin } }
    case 'registered': {
      const { sessionId, heartbeatIntervalMs, heartbeatTimeoutMs, epoch } = frame
      return { registered: { sessionId, heartbeatIntervalMs, heartbeatTimeoutMs, epoch } }
    }
    case 'resume': {
      const { sessionId, taskManagerId, receivedCount, origin } = frame
      return { resume: { sessionId, taskManagerId, receivedCount, ...origin } }
    }
    case 'resumed':
      return { resumed: { sessionId: frame.sessionId, receivedCount: frame.receivedCount } }
    case 'refused':
      return { refused: { error: encodeErrorInfo(frame.error), epoch: frame.epoch } }
    default:
      return unreachable(frame)
  }
}

function decodeFrame<Message>(
  proto: SessionFrameProtoOutput,
  decodeMessage: (proto: SessionMessageProtoOutput) => Message,
): SessionFrame<Message> {
  switch (proto.frame) {
    case 'message': {
      const message = required(proto.message, 'body')
      const sessionId = SessionId.parse(message.sessionId)
      const { sequence, receivedCount } = message
      const content = decodeMessage(message)
      return { kind: 'message', sessionId, sequence, receivedCount, message: content }
    }
    case 'heartbeat': {
      const { sessionId, receivedCount } = required(proto.heartbeat, 'body')
      return { kind: 'heartbeat', sessionId: SessionId.parse(sessionId), receivedCount }
    }
    case 'close': {
      const { sessionId, reason } = required(proto.close, 'body')
      return { kind: 'close', sessionId: SessionId.parse(sessionId), reason }
    }
    case 'register': {
      const register = required(proto.register, 'body')
      const registration = decodeRegistration(register)
      return { kind: 'register', registration, origin: decodeOrigin(register) }
    }
    case 'registered': {
      const registered = required(proto.registered, 'body')
      return { ...registered, kind: 'registered', sessionId: SessionId.parse(registered.sessionId) }
    }
    case 'resume':
      return decodeResume(required(proto.resume, 'body'))
    case 'resumed': {
      const { sessionId, receivedCount } = required(proto.resumed, 'body')
      return { kind: 'resumed', sessionId: SessionId.parse(sessionId), receivedCount }
    }
    case 'refused': {
      const { error, epoch } = required(proto.refused, 'body')
      return { kind: 'refused', error: decodeErrorInfo(required(error, 'Refused.error')), epoch }
    }
    default:
      throw messageInvalid('SessionFrame is of an unknown kind')
  }
}

function decodeRegistration(proto: RegisterProtoOutput): TaskManagerRegistration {
  const { slotCount, dataHost, livenessAddress, processId, version } = proto
  const taskManagerId = TaskManagerId.parse(proto.taskManagerId)
  return { taskManagerId, slotCount, dataHost, livenessAddress, processId, version }
}

function decodeResume<Message>(proto: ResumeProtoOutput): SessionFrame<Message> {
  return {
    kind: 'resume',
    sessionId: SessionId.parse(proto.sessionId),
    taskManagerId: TaskManagerId.parse(proto.taskManagerId),
    receivedCount: proto.receivedCount,
    origin: decodeOrigin(proto),
  }
}

function decodeOrigin(proto: { readonly incarnation: string; readonly connectionNumber: number }): {
  readonly incarnation: string
  readonly connectionNumber: number
} {
  return { incarnation: proto.incarnation, connectionNumber: proto.connectionNumber }
}
