import {
  type CheckpointStorage,
  type CompletedCheckpoint,
  type CompletedVertex,
  ExecutionAttemptId,
  hashKey,
  JobVertexId,
  keyGroupRange,
  type ListStateDescription,
  type MapStateDescription,
  OperatorId,
  type OperatorSubtaskState,
  subtaskOfHash,
  types,
  type ValueStateDescription,
} from '@millrace/core'
import { encodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'
import { checkpointOf } from '../checkpoint/completed-checkpoint-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { HeapKeyedStateBackend } from '../heap/heap-keyed-state-backend.ts'
import type { KeyedStateBackend } from '../keyed-state-backend.ts'
import { OperatorStateBackend } from '../operator/operator-state-backend.ts'
import { writeStateBlob } from '../storage/state-blob.ts'

export const total: ValueStateDescription<number> = {
  kind: 'value',
  name: 'total',
  type: types.float64,
  ttl: undefined,
}
export const visits: ListStateDescription<string> = {
  kind: 'list',
  name: 'visits',
  elementType: types.string,
  ttl: { ms: 1000 },
}
export const items: MapStateDescription<string, unknown> = {
  kind: 'map',
  name: 'items',
  keyType: types.string,
  valueType: undefined,
  ttl: undefined,
}
export const offsets: ListStateDescription<number> = {
  kind: 'list',
  name: 'offsets',
  elementType: types.int32,
  ttl: undefined,
}
export const rates: MapStateDescription<string, number> = {
  kind: 'map',
  name: 'rates',
  keyType: types.string,
  valueType: types.float64,
  ttl: undefined,
}

export const ordersId: OperatorId = OperatorId.parse('orders-id')
export const totalsId: OperatorId = OperatorId.parse('totals-id')
/** Of the clock when entries were written. */
export const writtenAtMs = 1_767_225_600_000

export interface TestJob {
  readonly parallelism: number
  readonly users: readonly string[]
  /** Several make chains of segments: each changes the totals of some users. */
  readonly checkpointCount?: number
}

/**
 * Writes state of a job with operators 'orders', which has operator state, and 'totals', which has
 * keyed state and timers. Of the n-th user the total is n, and there are n items.
 */
export async function writeTestJob(
  storage: CheckpointStorage,
  { parallelism, users, checkpointCount = 1 }: TestJob,
): Promise<CompletedCheckpoint> {
  const vertices: CompletedVertex[] = []
  for (const [name, operatorId, stateOf] of [
    ['orders', ordersId, ordersState],
    ['totals', totalsId, totalsState],
  ] as const) {
    const subtasks = []
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const state = await stateOf(storage, { subtask, parallelism, users, checkpointCount })
      subtasks.push({
        operators: [{ operatorId, keyed: undefined, operator: undefined, ...state }],
        channels: [],
        isFinished: false,
      })
    }
    const operator = { operatorId, name, droppedStates: [], renamedStates: [] }
    vertices.push({
      ...{ vertexId: JobVertexId.parse(`${name}-vertex`), parallelism },
      ...{ operators: [operator], subtasks },
    })
  }
  const blob = { kind: 'inline' as const, bytes: new Uint8Array(17) }
  return {
    ...checkpointOf(checkpointCount, []),
    ...{ vertices, coordinators: [{ operatorId: ordersId, blob }] },
  }
}

/** The same as a savepoint that has the storage for itself. */
export async function writeTestSavepoint(
  storage: CheckpointStorage,
  job: TestJob,
): Promise<CompletedCheckpoint> {
  const completed = { ...(await writeTestJob(storage, job)), kind: 'savepoint' as const }
  await storage.create('_metadata', encodeCheckpointMetadata(completed))
  return completed
}

type Place = Required<TestJob> & { readonly subtask: number }

async function ordersState(
  storage: CheckpointStorage,
  { subtask }: Place,
): Promise<Partial<OperatorSubtaskState>> {
  const backend = new OperatorStateBackend('orders')
  backend.getListState(offsets).update([10 * subtask, 10 * subtask + 1])
  backend.getBroadcastState(rates).putAll([
    ['chf', 1.05],
    ['usd', 0.9],
  ])
  const snapshot = backend.snapshot()
  if (snapshot === undefined) return {}
  const place = { folder: `orders_${subtask}`, checkpointId: 1, inlineSizeMaxBytes: 0 }
  const blob = await writeStateBlob(storage, place, snapshot.bytes)
  return { operator: { states: snapshot.states, blob } }
}

async function totalsState(
  storage: CheckpointStorage,
  { subtask, parallelism, users, checkpointCount }: Place,
): Promise<Partial<OperatorSubtaskState>> {
  const clock = new TestClock()
  clock.nowMs = writtenAtMs
  // So little is rewritten with each that chains are long.
  const options = { baseSizeBytes: 500 }
  const backend = new HeapKeyedStateBackend(clock, keyGroupRange(subtask, parallelism), options)
  let keyed: OperatorSubtaskState['keyed']
  for (let checkpointId = 1; checkpointId <= checkpointCount; checkpointId++) {
    for (const [index, user] of users.entries()) {
      const isTurn = index % checkpointCount === checkpointId - 1
      if (subtaskOfHash(hashKey(user), parallelism) !== subtask) continue
      if (checkpointId === 1 || isTurn) fill(backend, user, index)
    }
    const snapshot = backend.seal(checkpointId)
    snapshot.encode(Number.POSITIVE_INFINITY)
    const attempt = ExecutionAttemptId.parse(`totals_${subtask}`)
    keyed = await snapshot.write(storage, attempt)
  }
  backend.close()
  return keyed === undefined ? {} : { keyed }
}

function fill(backend: KeyedStateBackend, user: string, index: number): void {
  const keyHash = hashKey(user)
  backend.setCurrentKey(user, keyHash)
  backend.getValueState(total).update(index)
  backend.getListState(visits).update([`first of ${user}`, 'second'])
  const map = backend.getMapState<string, unknown>(items)
  for (let item = 0; item < index % 10; item++) map.put(`item ${item}`, { count: item })
  const timer = { key: user, keyHash, namespace: '', timestamp: 1000 + index }
  backend.getTimerQueue('_timers').register(timer)
}
