import { JobId } from '@millrace/core'
import type {
  RescaleCause,
  RescaleDetails,
  RescaleRequest,
  RescaleState,
} from '../gateway/rescale-details.ts'
import type { RescaleCause__Output as RescaleCauseProto } from '../generated/millrace/v1/RescaleCause.ts'
import type {
  RescaleDetails as RescaleDetailsProto,
  RescaleDetails__Output as RescaleDetailsProtoOutput,
} from '../generated/millrace/v1/RescaleDetails.ts'
import type { RescaleJobRequest__Output as RescaleJobRequestProtoOutput } from '../generated/millrace/v1/RescaleJobRequest.ts'
import type { RescaleState__Output as RescaleStateProto } from '../generated/millrace/v1/RescaleState.ts'
import { EnumCodec } from './enum-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'

const causeCodec: EnumCodec<RescaleCause, RescaleCauseProto> = new EnumCodec('RescaleCause', {
  requested: 'RESCALE_CAUSE_REQUESTED',
  'slots-missing': 'RESCALE_CAUSE_SLOTS_MISSING',
  'slots-returned': 'RESCALE_CAUSE_SLOTS_RETURNED',
})

const stateCodec: EnumCodec<RescaleState, RescaleStateProto> = new EnumCodec('RescaleState', {
  'waiting-for-slots': 'RESCALE_STATE_WAITING_FOR_SLOTS',
  checkpointing: 'RESCALE_STATE_CHECKPOINTING',
  stopping: 'RESCALE_STATE_STOPPING',
  starting: 'RESCALE_STATE_STARTING',
  completed: 'RESCALE_STATE_COMPLETED',
  failed: 'RESCALE_STATE_FAILED',
})

export function encodeRescaleDetails(details: RescaleDetails): RescaleDetailsProto {
  const { cause, state, gapMs, failure, ...others } = details
  return {
    ...others,
    cause: causeCodec.encode(cause),
    state: stateCodec.encode(state),
    ...(gapMs === undefined ? {} : { gapMs }),
    ...(failure === undefined ? {} : { failure: encodeErrorInfo(failure) }),
  }
}

export function decodeRescaleDetails(proto: RescaleDetailsProtoOutput): RescaleDetails {
  const { fromParallelism, toParallelism, beganAtMs, missingSlotCount, gapMs, failure } = proto
  return {
    cause: causeCodec.decode(proto.cause),
    state: stateCodec.decode(proto.state),
    fromParallelism,
    toParallelism,
    beganAtMs,
    missingSlotCount,
    gapMs,
    failure: failure === null ? undefined : decodeErrorInfo(failure),
  }
}

export function decodeRescaleRequest(proto: RescaleJobRequestProtoOutput): RescaleRequest {
  return { jobId: JobId.parse(proto.jobId), parallelism: proto.parallelism }
}
