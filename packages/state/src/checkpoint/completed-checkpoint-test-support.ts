import {
  type CompletedCheckpoint,
  JobId,
  JobVertexId,
  OperatorId,
  type OperatorSubtaskState,
  type StateBlob,
} from '@millrace/core'

export const testJobId: JobId = JobId.parse('0123456789abcdef0123456789abcdef')
export const testOperatorId: OperatorId = OperatorId.parse('totals')

/** A checkpoint of one subtask whose keyed state lies in these files. */
export function checkpointOf(
  checkpointId: number,
  names: readonly string[],
  coordinator?: StateBlob,
): CompletedCheckpoint {
  const segments = names.map((name) => ({
    name,
    sizeBytes: 10,
    checkpointId,
    replaces: { start: 0, end: 0 },
    recordCount: 1,
  }))
  const state: OperatorSubtaskState = {
    operatorId: testOperatorId,
    keyed: { keyGroups: { start: 0, end: 32_768 }, segments },
    operator: undefined,
  }
  return {
    jobId: testJobId,
    jobName: 'test',
    checkpointId,
    epoch: 1,
    triggeredAtMs: 1_767_225_600_000 + checkpointId,
    completedAtMs: 1_767_225_600_100 + checkpointId,
    vertices: [
      {
        vertexId: JobVertexId.parse('vertex-1'),
        parallelism: 1,
        operators: [{ operatorId: testOperatorId, name: 'totals' }],
        subtasks: [{ operators: [state], isFinished: false }],
      },
    ],
    coordinators:
      coordinator === undefined ? [] : [{ operatorId: testOperatorId, blob: coordinator }],
  }
}
