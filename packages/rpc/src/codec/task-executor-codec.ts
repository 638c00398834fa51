import {
  AllocationId,
  ExecutionAttemptId,
  type InputGateDeployment,
  JobId,
  JobVertexId,
  OperatorId,
  type ResultPartitionDeployment,
  type TaskDeployment,
  type TaskExecutorMessage,
  unreachable,
} from '@millrace/core'
import type { InputGateDeployment__Output as InputGateDeploymentProtoOutput } from '../generated/millrace/v1/InputGateDeployment.ts'
import type { ResultPartitionDeployment__Output as ResultPartitionDeploymentProtoOutput } from '../generated/millrace/v1/ResultPartitionDeployment.ts'
import type {
  SubmitTask as SubmitTaskProto,
  SubmitTask__Output as SubmitTaskProtoOutput,
} from '../generated/millrace/v1/SubmitTask.ts'
import type {
  TaskExecutorMessage as TaskExecutorMessageProto,
  TaskExecutorMessage__Output as TaskExecutorMessageProtoOutput,
} from '../generated/millrace/v1/TaskExecutorMessage.ts'
import { decodeCheckpointCommand, encodeCheckpointCommand } from './checkpoint-codec.ts'
import { decodeBytes, messageInvalid, required } from './enum-codec.ts'
import { decodeJobInformation, encodeJobInformation } from './job-codec.ts'
import { decodeTaskRestore, encodeTaskRestore } from './state-codec.ts'

export function encodeTaskExecutorMessage(message: TaskExecutorMessage): TaskExecutorMessageProto {
  switch (message.kind) {
    case 'allocate-slot': {
      const { slotIndex, incarnation, allocationId } = message
      const job = encodeJobInformation(message.job)
      return { allocateSlot: { slotIndex, incarnation, allocationId, job } }
    }
    case 'free-slot':
      return { freeSlot: { allocationId: message.allocationId } }
    case 'submit-task':
      return { submitTask: encodeTaskDeployment(message.deployment) }
    case 'cancel-task':
      return { cancelTask: { attemptId: message.attemptId } }
    case 'operator-event': {
      const { attemptId, operatorId, event } = message
      return { operatorEvent: { attemptId, operatorId, event } }
    }
    case 'release-job':
      return { releaseJob: { jobId: message.jobId } }
    case 'request-log': {
      const { requestId, lineCountMax } = message
      return { requestLog: { requestId, lineCountMax } }
    }
    case 'trigger-checkpoint':
    case 'notify-checkpoint-complete':
    case 'notify-checkpoint-aborted':
    case 'drain-sources':
      return encodeCheckpointCommand(message)
    default:
      return unreachable(message)
  }
}

export function decodeTaskExecutorMessage(
  proto: TaskExecutorMessageProtoOutput,
): TaskExecutorMessage {
  switch (proto.message) {
    case 'allocateSlot': {
      const { slotIndex, incarnation, allocationId, job } = required(proto.allocateSlot, 'body')
      return {
        kind: 'allocate-slot',
        slotIndex,
        incarnation,
        allocationId: AllocationId.parse(allocationId),
        job: decodeJobInformation(required(job, 'AllocateSlot.job')),
      }
    }
    case 'freeSlot': {
      const { allocationId } = required(proto.freeSlot, 'body')
      return { kind: 'free-slot', allocationId: AllocationId.parse(allocationId) }
    }
    case 'submitTask': {
      const deployment = decodeTaskDeployment(required(proto.submitTask, 'body'))
      return { kind: 'submit-task', deployment }
    }
    case 'cancelTask': {
      const { attemptId } = required(proto.cancelTask, 'body')
      return { kind: 'cancel-task', attemptId: ExecutionAttemptId.parse(attemptId) }
    }
    case 'operatorEvent': {
      const { attemptId, operatorId, event } = required(proto.operatorEvent, 'body')
      return {
        kind: 'operator-event',
        attemptId: ExecutionAttemptId.parse(attemptId),
        operatorId: OperatorId.parse(operatorId),
        event: decodeBytes(event),
      }
    }
    case 'releaseJob': {
      const { jobId } = required(proto.releaseJob, 'body')
      return { kind: 'release-job', jobId: JobId.parse(jobId) }
    }
    case 'requestLog': {
      const { requestId, lineCountMax } = required(proto.requestLog, 'body')
      return { kind: 'request-log', requestId, lineCountMax }
    }
    default: {
      const command = decodeCheckpointCommand(proto)
      if (command === undefined) throw messageInvalid('TaskExecutorMessage is of an unknown kind')
      return command
    }
  }
}

function encodeTaskDeployment(deployment: TaskDeployment): SubmitTaskProto {
  const { restore, ...place } = deployment
  return {
    ...place,
    inputs: deployment.inputs.map(({ edgeIndex, channels }) => ({
      edgeIndex,
      channels: [...channels],
    })),
    outputs: deployment.outputs.map(({ edgeIndex, consumers }) => ({
      edgeIndex,
      consumers: [...consumers],
    })),
    ...(restore === undefined ? {} : { restore: encodeTaskRestore(restore) }),
  }
}

function decodeTaskDeployment(proto: SubmitTaskProtoOutput): TaskDeployment {
  const { subtaskIndex, parallelism, attemptNumber } = proto
  return {
    jobId: JobId.parse(proto.jobId),
    vertexId: JobVertexId.parse(proto.vertexId),
    subtaskIndex,
    parallelism,
    attemptId: ExecutionAttemptId.parse(proto.attemptId),
    attemptNumber,
    allocationId: AllocationId.parse(proto.allocationId),
    inputs: proto.inputs.map(decodeInputGate),
    outputs: proto.outputs.map(decodeResultPartition),
    restore: proto.restore === null ? undefined : decodeTaskRestore(proto.restore),
  }
}

function decodeInputGate(proto: InputGateDeploymentProtoOutput): InputGateDeployment {
  const channels = proto.channels.map(({ producerSubtask, producerAttemptId, address }) => ({
    producerSubtask,
    producerAttemptId: ExecutionAttemptId.parse(producerAttemptId),
    address,
  }))
  return { edgeIndex: proto.edgeIndex, channels }
}

function decodeResultPartition(
  proto: ResultPartitionDeploymentProtoOutput,
): ResultPartitionDeployment {
  const consumers = proto.consumers.map(({ consumerSubtask, consumerAttemptId }) => ({
    consumerSubtask,
    consumerAttemptId: ExecutionAttemptId.parse(consumerAttemptId),
  }))
  return { edgeIndex: proto.edgeIndex, consumers }
}
