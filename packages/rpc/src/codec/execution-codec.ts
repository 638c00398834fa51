import { ExecutionAttemptId, type ExecutionState, JobId, type TaskMetrics } from '@millrace/core'
import type { ExecutionState__Output as ExecutionStateProto } from '../generated/millrace/v1/ExecutionState.ts'
import type {
  TaskMetrics as TaskMetricsProto,
  TaskMetrics__Output as TaskMetricsProtoOutput,
} from '../generated/millrace/v1/TaskMetrics.ts'
import { EnumCodec } from './enum-codec.ts'

export const executionStateCodec: EnumCodec<ExecutionState, ExecutionStateProto> = new EnumCodec(
  'ExecutionState',
  {
    CREATED: 'EXECUTION_STATE_CREATED',
    SCHEDULED: 'EXECUTION_STATE_SCHEDULED',
    DEPLOYING: 'EXECUTION_STATE_DEPLOYING',
    INITIALIZING: 'EXECUTION_STATE_INITIALIZING',
    RUNNING: 'EXECUTION_STATE_RUNNING',
    FINISHED: 'EXECUTION_STATE_FINISHED',
    CANCELING: 'EXECUTION_STATE_CANCELING',
    CANCELED: 'EXECUTION_STATE_CANCELED',
    FAILED: 'EXECUTION_STATE_FAILED',
  },
)

export function encodeTaskMetrics(metrics: TaskMetrics): TaskMetricsProto {
  return metrics
}

export function decodeTaskMetrics(proto: TaskMetricsProtoOutput): TaskMetrics {
  return {
    ...proto,
    jobId: JobId.parse(proto.jobId),
    attemptId: ExecutionAttemptId.parse(proto.attemptId),
  }
}
