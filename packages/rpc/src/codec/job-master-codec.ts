import {
  AllocationId,
  type ChannelCount,
  ExecutionAttemptId,
  JobId,
  JobVertexId,
  OperatorId,
  type SlotStatus,
  type TaskExecutionState,
  type TaskManagerMessage,
  unreachable,
} from '@millrace/core'
import type { ChannelEnd__Output as ChannelEndProto } from '../generated/millrace/v1/ChannelEnd.ts'
import type { SlotState__Output as SlotStateProto } from '../generated/millrace/v1/SlotState.ts'
import type {
  SlotStatus as SlotStatusProto,
  SlotStatus__Output as SlotStatusProtoOutput,
} from '../generated/millrace/v1/SlotStatus.ts'
import type {
  TaskExecutionState as TaskExecutionStateProto,
  TaskExecutionState__Output as TaskExecutionStateProtoOutput,
} from '../generated/millrace/v1/TaskExecutionState.ts'
import type {
  TaskManagerMessage as TaskManagerMessageProto,
  TaskManagerMessage__Output as TaskManagerMessageProtoOutput,
} from '../generated/millrace/v1/TaskManagerMessage.ts'
import { decodeCheckpointReport, encodeCheckpointReport } from './checkpoint-codec.ts'
import { decodeBytes, EnumCodec, messageInvalid, required } from './enum-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'
import { decodeTaskMetrics, encodeTaskMetrics, executionStateCodec } from './execution-codec.ts'

const slotStateCodec = new EnumCodec<SlotStatus['state'], SlotStateProto>('SlotState', {
  starting: 'SLOT_STATE_STARTING',
  free: 'SLOT_STATE_FREE',
  allocated: 'SLOT_STATE_ALLOCATED',
})

const channelEndCodec = new EnumCodec<ChannelCount['end'], ChannelEndProto>('ChannelEnd', {
  sent: 'CHANNEL_END_SENT',
  received: 'CHANNEL_END_RECEIVED',
})

export function encodeTaskManagerMessage(message: TaskManagerMessage): TaskManagerMessageProto {
  switch (message.kind) {
    case 'slot-report':
      return { slotReport: { slots: message.slots.map(encodeSlotStatus) } }
    case 'task-execution-state':
      return { taskExecutionState: encodeTaskExecutionState(message.state) }
    case 'metrics-report':
      return { metricsReport: { tasks: message.tasks.map(encodeTaskMetrics) } }
    case 'operator-event': {
      const { jobId, vertexId, attemptId, subtaskIndex, operatorId, event } = message
      return { operatorEvent: { jobId, vertexId, attemptId, subtaskIndex, operatorId, event } }
    }
    case 'log':
      return { log: { requestId: message.requestId, lines: [...message.lines] } }
    case 'acknowledge-checkpoint':
    case 'decline-checkpoint':
    case 'checkpoint-phase':
    case 'end-of-data-reached':
      return encodeCheckpointReport(message)
    default:
      return unreachable(message)
  }
}

export function decodeTaskManagerMessage(proto: TaskManagerMessageProtoOutput): TaskManagerMessage {
  switch (proto.message) {
    case 'slotReport': {
      const { slots } = required(proto.slotReport, 'body')
      return { kind: 'slot-report', slots: slots.map(decodeSlotStatus) }
    }
    case 'taskExecutionState': {
      const state = decodeTaskExecutionState(required(proto.taskExecutionState, 'body'))
      return { kind: 'task-execution-state', state }
    }
    case 'metricsReport': {
      const { tasks } = required(proto.metricsReport, 'body')
      return { kind: 'metrics-report', tasks: tasks.map(decodeTaskMetrics) }
    }
    case 'operatorEvent': {
      const event = required(proto.operatorEvent, 'body')
      return {
        kind: 'operator-event',
        jobId: JobId.parse(event.jobId),
        vertexId: JobVertexId.parse(event.vertexId),
        attemptId: ExecutionAttemptId.parse(event.attemptId),
        subtaskIndex: event.subtaskIndex,
        operatorId: OperatorId.parse(event.operatorId),
        event: decodeBytes(event.event),
      }
    }
    case 'log': {
      const { requestId, lines } = required(proto.log, 'body')
      return { kind: 'log', requestId, lines }
    }
    default: {
      const report = decodeCheckpointReport(proto)
      if (report === undefined) throw messageInvalid('TaskManagerMessage is of an unknown kind')
      return report
    }
  }
}

function encodeSlotStatus(slot: SlotStatus): SlotStatusProto {
  const { slotIndex, incarnation, allocationId, dataAddress } = slot
  return {
    slotIndex,
    incarnation,
    state: slotStateCodec.encode(slot.state),
    ...(allocationId === undefined ? {} : { allocationId }),
    dataAddress,
  }
}

function decodeSlotStatus(proto: SlotStatusProtoOutput): SlotStatus {
  const { slotIndex, incarnation, allocationId, dataAddress } = proto
  return {
    slotIndex,
    incarnation,
    state: slotStateCodec.decode(proto.state),
    allocationId: allocationId === undefined ? undefined : AllocationId.parse(allocationId),
    dataAddress,
  }
}

function encodeTaskExecutionState(state: TaskExecutionState): TaskExecutionStateProto {
  const { jobId, attemptId, failure } = state
  return {
    jobId,
    attemptId,
    state: executionStateCodec.encode(state.state),
    ...(failure === undefined ? {} : { failure: encodeErrorInfo(failure) }),
    channelCounts: state.channelCounts.map((count) => ({
      ...count,
      end: channelEndCodec.encode(count.end),
    })),
    slotEnded: state.slotEnded ?? false,
  }
}

function decodeTaskExecutionState(proto: TaskExecutionStateProtoOutput): TaskExecutionState {
  const state = executionStateCodec.decode(proto.state)
  if (
    state === 'CREATED' ||
    state === 'SCHEDULED' ||
    state === 'DEPLOYING' ||
    state === 'CANCELING'
  ) {
    throw messageInvalid(`a TaskExecutor does not report ${state}`)
  }
  return {
    jobId: JobId.parse(proto.jobId),
    attemptId: ExecutionAttemptId.parse(proto.attemptId),
    state,
    failure: proto.failure === null ? undefined : decodeErrorInfo(proto.failure),
    channelCounts: proto.channelCounts.map((count) => ({
      ...count,
      end: channelEndCodec.decode(count.end),
    })),
    ...(proto.slotEnded ? { slotEnded: true } : {}),
  }
}
