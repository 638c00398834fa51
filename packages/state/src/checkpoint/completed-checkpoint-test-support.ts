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
    kind: 'checkpoint',
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
        operators: [
          { operatorId: testOperatorId, name: 'totals', droppedStates: [], renamedStates: [] },
        ],
        subtasks: [{ operators: [state], channels: [], isFinished: false }],
      },
    ],
    coordinators:
      coordinator === undefined ? [] : [{ operatorId: testOperatorId, blob: coordinator }],
  }
}

/** One with something in every field: golden files hold it, so it never changes. */
export const fullCheckpoint: CompletedCheckpoint = {
  kind: 'savepoint',
  jobId: testJobId,
  jobName: 'Käufe je Kunde 顧客',
  checkpointId: 4_294_967_297,
  epoch: 3,
  triggeredAtMs: 1_767_225_600_000,
  completedAtMs: 1_767_225_601_234,
  vertices: [
    {
      vertexId: JobVertexId.parse('0a1b2c'),
      parallelism: 2,
      operators: [
        {
          operatorId: OperatorId.parse('source-1'),
          name: 'Source: purchases',
          droppedStates: [],
          renamedStates: [],
        },
        {
          operatorId: testOperatorId,
          name: 'totals',
          droppedStates: ['last purchase', 'total'],
          renamedStates: [{ from: 'sum', to: 'total' }],
        },
      ],
      subtasks: [
        {
          operators: [
            {
              operatorId: OperatorId.parse('source-1'),
              keyed: undefined,
              operator: {
                states: [
                  { name: 'splits', mode: 'split' },
                  { name: 'rules', mode: 'broadcast' },
                  { name: 'seen', mode: 'union' },
                ],
                blob: { kind: 'inline', bytes: new Uint8Array([14, 0xc1, 0xc2]) },
              },
            },
            {
              operatorId: testOperatorId,
              keyed: {
                keyGroups: { start: 0, end: 16_384 },
                segments: [
                  {
                    name: `5fa0_0a1b2c_0_1/7-${'ab'.repeat(32)}`,
                    sizeBytes: 5_000_000_000,
                    checkpointId: 7,
                    replaces: { start: 0, end: 0 },
                    recordCount: 100_000,
                  },
                  {
                    name: `5fa0_0a1b2c_0_1/9-${'cd'.repeat(32)}`,
                    sizeBytes: 12,
                    checkpointId: 9,
                    replaces: { start: 0, end: 16_384 },
                    recordCount: 0,
                  },
                ],
              },
              operator: undefined,
            },
          ],
          channels: [],
          isFinished: false,
        },
        { operators: [], channels: [], isFinished: true },
      ],
    },
  ],
  coordinators: [
    {
      operatorId: OperatorId.parse('source-1'),
      blob: { kind: 'file', name: `coordinators/9-${'ef'.repeat(32)}`, sizeBytes: 30_000 },
    },
  ],
}

/** The same as the first version of the format has it. */
export const firstCheckpoint: CompletedCheckpoint = {
  ...fullCheckpoint,
  kind: 'checkpoint',
  vertices: fullCheckpoint.vertices.map((vertex) => ({
    ...vertex,
    operators: vertex.operators.map((operator) => {
      return { ...operator, droppedStates: [], renamedStates: [] }
    }),
  })),
}
