import {
  type CheckpointCommand,
  type CheckpointMetrics,
  type CheckpointPhase,
  type CheckpointPurpose,
  type CheckpointReport,
  ExecutionAttemptId,
  JobId,
  unreachable,
} from '@millrace/core'
import type { CheckpointPhase__Output as CheckpointPhaseProto } from '../generated/millrace/v1/CheckpointPhase.ts'
import type { CheckpointPurpose__Output as CheckpointPurposeProto } from '../generated/millrace/v1/CheckpointPurpose.ts'
import type {
  TaskExecutorMessage as TaskExecutorMessageProto,
  TaskExecutorMessage__Output as TaskExecutorMessageProtoOutput,
} from '../generated/millrace/v1/TaskExecutorMessage.ts'
import type {
  TaskManagerMessage as TaskManagerMessageProto,
  TaskManagerMessage__Output as TaskManagerMessageProtoOutput,
} from '../generated/millrace/v1/TaskManagerMessage.ts'
import { EnumCodec, required } from './enum-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'
import { decodeTaskStateSnapshot, encodeTaskStateSnapshot } from './state-codec.ts'

export const checkpointPhaseCodec: EnumCodec<CheckpointPhase, CheckpointPhaseProto> = new EnumCodec(
  'CheckpointPhase',
  {
    'wait-for-barrier': 'CHECKPOINT_PHASE_WAIT_FOR_BARRIER',
    align: 'CHECKPOINT_PHASE_ALIGN',
    seal: 'CHECKPOINT_PHASE_SEAL',
    encode: 'CHECKPOINT_PHASE_ENCODE',
    queue: 'CHECKPOINT_PHASE_QUEUE',
    write: 'CHECKPOINT_PHASE_WRITE',
    acknowledged: 'CHECKPOINT_PHASE_ACKNOWLEDGED',
  },
)

const checkpointPurposeCodec: EnumCodec<CheckpointPurpose, CheckpointPurposeProto> = new EnumCodec(
  'CheckpointPurpose',
  {
    checkpoint: 'CHECKPOINT_PURPOSE_CHECKPOINT',
    savepoint: 'CHECKPOINT_PURPOSE_SAVEPOINT',
    stop: 'CHECKPOINT_PURPOSE_STOP',
  },
)

export function encodeCheckpointCommand(command: CheckpointCommand): TaskExecutorMessageProto {
  const attemptIds = [...command.attemptIds]
  switch (command.kind) {
    case 'trigger-checkpoint': {
      const { checkpointId, timestampMs } = command
      const purpose = checkpointPurposeCodec.encode(command.purpose)
      return { triggerCheckpoint: { attemptIds, checkpointId, purpose, timestampMs } }
    }
    case 'notify-checkpoint-complete':
      return { notifyCheckpointComplete: { attemptIds, checkpointId: command.checkpointId } }
    case 'notify-checkpoint-aborted':
      return { notifyCheckpointAborted: { attemptIds, checkpointId: command.checkpointId } }
    case 'drain-sources':
      return { drainSources: { attemptIds } }
    default:
      return unreachable(command)
  }
}

/** undefined: the message is no CheckpointCommand. */
export function decodeCheckpointCommand(
  proto: TaskExecutorMessageProtoOutput,
): CheckpointCommand | undefined {
  switch (proto.message) {
    case 'triggerCheckpoint': {
      const body = required(proto.triggerCheckpoint, 'body')
      const { checkpointId, timestampMs } = body
      const attemptIds = body.attemptIds.map((id) => ExecutionAttemptId.parse(id))
      const purpose = checkpointPurposeCodec.decode(body.purpose)
      return { kind: 'trigger-checkpoint', attemptIds, checkpointId, purpose, timestampMs }
    }
    case 'drainSources': {
      const { attemptIds } = required(proto.drainSources, 'body')
      const ids = attemptIds.map((id) => ExecutionAttemptId.parse(id))
      return { kind: 'drain-sources', attemptIds: ids }
    }
    case 'notifyCheckpointComplete': {
      const { attemptIds, checkpointId } = required(proto.notifyCheckpointComplete, 'body')
      const ids = attemptIds.map((id) => ExecutionAttemptId.parse(id))
      return { kind: 'notify-checkpoint-complete', attemptIds: ids, checkpointId }
    }
    case 'notifyCheckpointAborted': {
      const { attemptIds, checkpointId } = required(proto.notifyCheckpointAborted, 'body')
      const ids = attemptIds.map((id) => ExecutionAttemptId.parse(id))
      return { kind: 'notify-checkpoint-aborted', attemptIds: ids, checkpointId }
    }
    default:
      return undefined
  }
}

export function encodeCheckpointReport(report: CheckpointReport): TaskManagerMessageProto {
  const { jobId, attemptId } = report
  switch (report.kind) {
    case 'acknowledge-checkpoint': {
      const { checkpointId, metrics } = report
      const snapshot = encodeTaskStateSnapshot(report.snapshot)
      return { acknowledgeCheckpoint: { jobId, attemptId, checkpointId, snapshot, metrics } }
    }
    case 'decline-checkpoint': {
      const failure = encodeErrorInfo(report.failure)
      return {
        declineCheckpoint: { jobId, attemptId, checkpointId: report.checkpointId, failure },
      }
    }
    case 'checkpoint-phase': {
      const phase = checkpointPhaseCodec.encode(report.phase)
      return { checkpointPhase: { jobId, attemptId, checkpointId: report.checkpointId, phase } }
    }
    case 'end-of-data-reached':
      return { endOfDataReached: { jobId, attemptId } }
    default:
      return unreachable(report)
  }
}

/** undefined: the message is no CheckpointReport. */
export function decodeCheckpointReport(
  proto: TaskManagerMessageProtoOutput,
): CheckpointReport | undefined {
  switch (proto.message) {
    case 'acknowledgeCheckpoint': {
      const body = required(proto.acknowledgeCheckpoint, 'body')
      return {
        kind: 'acknowledge-checkpoint',
        ...decodeReporter(body),
        checkpointId: body.checkpointId,
        snapshot: decodeTaskStateSnapshot(required(body.snapshot, 'snapshot')),
        metrics: decodeMetrics(required(body.metrics, 'metrics')),
      }
    }
    case 'declineCheckpoint': {
      const body = required(proto.declineCheckpoint, 'body')
      return {
        kind: 'decline-checkpoint',
        ...decodeReporter(body),
        checkpointId: body.checkpointId,
        failure: decodeErrorInfo(required(body.failure, 'DeclineCheckpoint.failure')),
      }
    }
    case 'checkpointPhase': {
      const body = required(proto.checkpointPhase, 'body')
      return {
        kind: 'checkpoint-phase',
        ...decodeReporter(body),
        checkpointId: body.checkpointId,
        phase: checkpointPhaseCodec.decode(body.phase),
      }
    }
    case 'endOfDataReached':
      return {
        kind: 'end-of-data-reached',
        ...decodeReporter(required(proto.endOfDataReached, 'body')),
      }
    default:
      return undefined
  }
}

function decodeReporter({ jobId, attemptId }: { jobId: string; attemptId: string }): {
  readonly jobId: JobId
  readonly attemptId: ExecutionAttemptId
} {
  return { jobId: JobId.parse(jobId), attemptId: ExecutionAttemptId.parse(attemptId) }
}

function decodeMetrics(metrics: CheckpointMetrics): CheckpointMetrics {
  return { ...metrics }
}
