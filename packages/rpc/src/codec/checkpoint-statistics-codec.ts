import type {
  CheckpointStatistics,
  PendingCheckpointDetails,
} from '../gateway/dispatcher-gateway.ts'
import type {
  CheckpointStatistics as CheckpointStatisticsProto,
  CheckpointStatistics__Output as CheckpointStatisticsProtoOutput,
} from '../generated/millrace/v1/CheckpointStatistics.ts'
import type { FailedCheckpointDetails__Output as FailedCheckpointDetailsProtoOutput } from '../generated/millrace/v1/FailedCheckpointDetails.ts'
import type {
  PendingCheckpointDetails as PendingCheckpointDetailsProto,
  PendingCheckpointDetails__Output as PendingCheckpointDetailsProtoOutput,
} from '../generated/millrace/v1/PendingCheckpointDetails.ts'
import { checkpointPhaseCodec } from './checkpoint-codec.ts'
import { required } from './enum-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'

export function encodeCheckpointStatistics(
  statistics: CheckpointStatistics,
): CheckpointStatisticsProto {
  const { completedCount, failedCount, latestCompleted, latestFailed, latestRestored } = statistics
  return {
    completedCount,
    failedCount,
    ...(latestCompleted === undefined ? {} : { latestCompleted }),
    ...(latestFailed === undefined
      ? {}
      : { latestFailed: { ...latestFailed, failure: encodeErrorInfo(latestFailed.failure) } }),
    ...(latestRestored === undefined ? {} : { latestRestored }),
    pending: statistics.pending.map(encodePending),
  }
}

export function decodeCheckpointStatistics(
  proto: CheckpointStatisticsProtoOutput,
): CheckpointStatistics {
  const { completedCount, failedCount, latestCompleted, latestFailed, latestRestored } = proto
  return {
    completedCount,
    failedCount,
    latestCompleted: latestCompleted === null ? undefined : { ...latestCompleted },
    latestFailed: latestFailed === null ? undefined : decodeFailed(latestFailed),
    latestRestored: latestRestored === null ? undefined : { ...latestRestored },
    pending: proto.pending.map(decodePending),
  }
}

function decodeFailed(
  proto: FailedCheckpointDetailsProtoOutput,
): NonNullable<CheckpointStatistics['latestFailed']> {
  const failure = decodeErrorInfo(required(proto.failure, 'FailedCheckpointDetails.failure'))
  return { ...proto, failure }
}

function encodePending(pending: PendingCheckpointDetails): PendingCheckpointDetailsProto {
  const waitingFor = pending.waitingFor.map(({ taskName, phase }) => {
    return { taskName, phase: checkpointPhaseCodec.encode(phase) }
  })
  return { ...pending, waitingFor }
}

function decodePending(proto: PendingCheckpointDetailsProtoOutput): PendingCheckpointDetails {
  const waitingFor = proto.waitingFor.map(({ taskName, phase }) => {
    return { taskName, phase: checkpointPhaseCodec.decode(phase) }
  })
  return { ...proto, waitingFor }
}
