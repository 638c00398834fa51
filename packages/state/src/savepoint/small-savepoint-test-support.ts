import assert from 'node:assert/strict'
import {
  type CheckpointStorage,
  type CompletedCheckpoint,
  type DeclaredOperator,
  decodeGeneric,
  ExecutionAttemptId,
  encodeGeneric,
  hashKey,
  type JobGraph,
  JobId,
  JobVertexId,
  keyGroupCount,
  OperatorId,
  types,
} from '@millrace/core'
import { checkpointMetadataName } from '../checkpoint/checkpoint-files.ts'
import { encodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'
import { readCheckpointMetadata } from '../checkpoint/completed-checkpoints.ts'
import { savepointMetadataName } from '../checkpoint/savepoint.ts'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { HeapKeyedStateBackend } from '../heap/heap-keyed-state-backend.ts'
import { SavepointReader } from '../inspect/savepoint-reader.ts'
import { RestoredNames } from '../snapshot/restored-names.ts'
import { readStateBlob, writeStateBlob } from '../storage/state-blob.ts'
import { importSavepoint } from './import-savepoint.ts'
import { planRestore } from './plan-restore.ts'
import { checkValues, readSavepointContent } from './savepoint-content.ts'

const operatorId = OperatorId.parse('ab'.repeat(16))
const vertexId = JobVertexId.parse('ab'.repeat(16))
const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const everyKeyGroup = { start: 0, end: keyGroupCount }
const total = { kind: 'value', name: 'total', type: types.float64, ttl: undefined } as const
const note = { kind: 'value', name: 'note', type: undefined, ttl: undefined } as const

/** A savepoint with keyed state, a timer, operator state and state of an enumerator. */
export async function smallSavepoint(): Promise<MemoryCheckpointStorage> {
  const storage = new MemoryCheckpointStorage()
  const backend = new HeapKeyedStateBackend(new TestClock())
  for (const key of ['a', 'b']) {
    backend.setCurrentKey(key, hashKey(key))
    backend.getValueState(total).update(key === 'a' ? 1 : 2)
    backend.getValueState(note).update({ text: key })
  }
  const timer = { key: 'a', keyHash: hashKey('a'), namespace: '', timestamp: 5 }
  backend.getTimerQueue('timers').register(timer)
  const snapshot = backend.seal(7)
  assert.ok(snapshot.encode(Number.POSITIVE_INFINITY))
  const keyed = await snapshot.write(storage, attemptId)
  const items = encodeGeneric([[1, 2], ['gone']])
  const place = { folder: attemptId, checkpointId: 7, inlineSizeMaxBytes: 0 }
  const blob = await writeStateBlob(storage, place, items)
  const enumerator = await writeStateBlob(storage, place, encodeGeneric({ next: 3 }))
  const states = [
    { name: 'count', mode: 'split' },
    { name: 'gone', mode: 'split' },
  ] as const
  const completed: CompletedCheckpoint = {
    kind: 'savepoint',
    jobId: JobId.parse('0'.repeat(32)),
    jobName: 'former',
    checkpointId: 7,
    epoch: 1,
    triggeredAtMs: 1,
    completedAtMs: 2,
    vertices: [
      {
        ...{ vertexId, parallelism: 1 },
        operators: [{ operatorId, name: 'totals', droppedStates: [], renamedStates: [] }],
        subtasks: [
          {
            operators: [{ operatorId, keyed, operator: { states, blob } }],
            ...{ channels: [], isFinished: false },
          },
        ],
      },
    ],
    coordinators: [{ operatorId, blob: enumerator }],
  }
  storage.files.set(savepointMetadataName, encodeCheckpointMetadata(completed))
  return storage
}

const declared: DeclaredOperator = {
  ...{
    operatorId,
    name: 'totals',
    movedFrom: undefined,
    coordinatorKind: 'numbers',
    failure: undefined,
  },
  keyedStates: [
    { name: 'total', movedFrom: undefined, kind: 'value', types: [{ kind: 'float64' }], ttl: null },
    {
      ...{ name: 'text', movedFrom: 'note', kind: 'value', ttl: null },
      types: [types.object({ text: types.string }).descriptor],
    },
  ],
  operatorStates: [
    { name: 'count', movedFrom: undefined, mode: 'split', types: [{ kind: 'float64' }] },
  ],
}

const jobId = JobId.parse('1'.repeat(32))

/** All that a submission and the task after it do; returns what the task begins with. */
export async function restored(
  from: CheckpointStorage,
  storage: MemoryCheckpointStorage = new MemoryCheckpointStorage(),
): Promise<unknown> {
  const access = { storageOf: () => from, now: () => 0 }
  const savepoint = await SavepointReader.open('/savepoints/savepoint-1', access)
  const content = await readSavepointContent(savepoint)
  const planned = planRestore(content, [declared], ['totals/gone'])
  const rows = await checkValues(savepoint, planned.rows, planned.checks)
  assert.deepEqual(
    rows.filter(({ isRefused }) => isRefused),
    [],
  )
  const graph: JobGraph = {
    name: 'later',
    boundedness: 'bounded',
    ...{ edges: [], config: {}, hash: '' },
    vertices: [
      {
        ...{ id: vertexId, name: 'totals', parallelism: 1, slotSharingGroup: 'default' },
        operators: [
          { id: operatorId, name: 'totals', kind: 'x', chainedInputs: [], outputType: undefined },
        ],
      },
    ],
  }
  const found = { storage: savepoint.storage, completed: savepoint.completed }
  await importSavepoint(found, planned.mappings, { jobId, graph, epoch: 2, storage })
  // From here on as any checkpoint is restored.
  assert.ok(storage.files.has(checkpointMetadataName(7)))
  const checkpoint = await readCheckpointMetadata(storage, 7)
  assert.equal(checkpoint.jobId, jobId)
  const [vertex] = checkpoint.vertices
  const [state] = vertex?.subtasks[0]?.operators ?? []
  const [operator] = vertex?.operators ?? []
  const [coordinator] = checkpoint.coordinators
  assert.ok(state?.keyed && state.operator && operator && coordinator)
  const backend = new HeapKeyedStateBackend(new TestClock(), everyKeyGroup)
  const names = new RestoredNames(operator.droppedStates, operator.renamedStates)
  await backend.restore([state.keyed], storage, names)
  const keyed = ['a', 'b'].map((key) => {
    backend.setCurrentKey(key, hashKey(key))
    const texts = backend.getValueState({ ...note, name: 'text' })
    return [backend.getValueState(total).value(), texts.value()]
  })
  return {
    keyed,
    timers: backend.getTimerQueue('timers').size,
    states: state.operator.states,
    items: decodeGeneric(await readStateBlob(storage, state.operator.blob)),
    enumerator: decodeGeneric(await readStateBlob(storage, coordinator.blob)),
  }
}

/** What `restored` gives of it. */
export const expected: unknown = {
  keyed: [
    [1, { text: 'a' }],
    [2, { text: 'b' }],
  ],
  timers: 1,
  states: [{ name: 'count', mode: 'split' }],
  items: [[1, 2]],
  enumerator: { next: 3 },
}
