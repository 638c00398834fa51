import { JobId, SavepointId } from '@millrace/core'
import type {
  SavepointDetails,
  SavepointGoal,
  SavepointRequest,
  SavepointState,
} from '../gateway/savepoint-details.ts'
import type {
  SavepointDetails as SavepointDetailsProto,
  SavepointDetails__Output as SavepointDetailsProtoOutput,
} from '../generated/millrace/v1/SavepointDetails.ts'
import type { SavepointGoal__Output as SavepointGoalProto } from '../generated/millrace/v1/SavepointGoal.ts'
import type { SavepointState__Output as SavepointStateProto } from '../generated/millrace/v1/SavepointState.ts'
import type {
  TriggerSavepointRequest as TriggerSavepointRequestProto,
  TriggerSavepointRequest__Output as TriggerSavepointRequestProtoOutput,
} from '../generated/millrace/v1/TriggerSavepointRequest.ts'
import { EnumCodec } from './enum-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'

const goalCodec: EnumCodec<SavepointGoal, SavepointGoalProto> = new EnumCodec('SavepointGoal', {
  savepoint: 'SAVEPOINT_GOAL_SAVEPOINT',
  stop: 'SAVEPOINT_GOAL_STOP',
  drain: 'SAVEPOINT_GOAL_DRAIN',
})

const stateCodec: EnumCodec<SavepointState, SavepointStateProto> = new EnumCodec('SavepointState', {
  waiting: 'SAVEPOINT_STATE_WAITING',
  draining: 'SAVEPOINT_STATE_DRAINING',
  acknowledging: 'SAVEPOINT_STATE_ACKNOWLEDGING',
  writing: 'SAVEPOINT_STATE_WRITING',
  storing: 'SAVEPOINT_STATE_STORING',
  completed: 'SAVEPOINT_STATE_COMPLETED',
  failed: 'SAVEPOINT_STATE_FAILED',
})

export function encodeSavepointRequest(request: SavepointRequest): TriggerSavepointRequestProto {
  const { jobId, goal, targetDirectory } = request
  return {
    jobId,
    goal: goalCodec.encode(goal),
    ...(targetDirectory === undefined ? {} : { targetDirectory }),
  }
}

export function decodeSavepointRequest(
  proto: TriggerSavepointRequestProtoOutput,
): SavepointRequest {
  return {
    jobId: JobId.parse(proto.jobId),
    goal: goalCodec.decode(proto.goal),
    targetDirectory: proto.targetDirectory,
  }
}

export function encodeSavepointDetails(details: SavepointDetails): SavepointDetailsProto {
  const { goal, state, failure, ...others } = details
  return {
    ...others,
    goal: goalCodec.encode(goal),
    state: stateCodec.encode(state),
    ...(failure === undefined ? {} : { failure: encodeErrorInfo(failure) }),
  }
}

export function decodeSavepointDetails(proto: SavepointDetailsProtoOutput): SavepointDetails {
  const { failure } = proto
  return {
    ...proto,
    savepointId: SavepointId.parse(proto.savepointId),
    goal: goalCodec.decode(proto.goal),
    state: stateCodec.decode(proto.state),
    failure: failure === null ? undefined : decodeErrorInfo(failure),
  }
}
