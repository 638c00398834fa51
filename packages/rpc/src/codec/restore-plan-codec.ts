import { JobId, type RestorePlan, type RestoreVerdict } from '@millrace/core'
import type {
  RestorePlan as RestorePlanProto,
  RestorePlan__Output as RestorePlanProtoOutput,
} from '../generated/millrace/v1/RestorePlan.ts'
import type { RestoreVerdict__Output as RestoreVerdictProto } from '../generated/millrace/v1/RestoreVerdict.ts'
import { EnumCodec } from './enum-codec.ts'

const verdictCodec = new EnumCodec<RestoreVerdict, RestoreVerdictProto>('RestoreVerdict', {
  kept: 'RESTORE_VERDICT_KEPT',
  migrated: 'RESTORE_VERDICT_MIGRATED',
  new: 'RESTORE_VERDICT_NEW',
  dropped: 'RESTORE_VERDICT_DROPPED',
  incompatible: 'RESTORE_VERDICT_INCOMPATIBLE',
  unknown: 'RESTORE_VERDICT_UNKNOWN',
})

export function encodeRestorePlan(plan: RestorePlan): RestorePlanProto {
  return {
    ...plan,
    states: plan.states.map((state) => {
      return { ...state, verdict: verdictCodec.encode(state.verdict) }
    }),
    problems: [...plan.problems],
  }
}

export function decodeRestorePlan(proto: RestorePlanProtoOutput): RestorePlan {
  const { location, jobName, checkpointId, completedAtMs, problems } = proto
  return {
    ...{ location, jobName, checkpointId, completedAtMs, problems },
    jobId: JobId.parse(proto.jobId),
    states: proto.states.map(({ operator, state, kind, verdict, reason, isRefused }) => {
      return { operator, state, kind, verdict: verdictCodec.decode(verdict), reason, isRefused }
    }),
  }
}
