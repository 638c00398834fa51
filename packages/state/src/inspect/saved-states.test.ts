import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CompletedCheckpoint,
  ExecutionAttemptId,
  hashKey,
  keyGroupRange,
  types,
} from '@millrace/core'
import { checkpointOf, testOperatorId } from '../checkpoint/completed-checkpoint-test-support.ts'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { HeapKeyedStateBackend } from '../heap/heap-keyed-state-backend.ts'
import { readSavedStates } from './saved-states.ts'

const totals = { kind: 'value', name: 'total', type: types.float64, ttl: undefined } as const
const items = {
  kind: 'map',
  name: 'items',
  keyType: types.string,
  valueType: undefined,
  ttl: { ms: 1000 },
} as const

async function checkpointOfTwoSubtasks(
  storage: MemoryCheckpointStorage,
): Promise<CompletedCheckpoint> {
  const completed = checkpointOf(1, [])
  const [vertex] = completed.vertices
  assert.ok(vertex)
  const subtasks = []
  for (const index of [0, 1]) {
    const backend = new HeapKeyedStateBackend(new TestClock(), keyGroupRange(index, 2))
    backend.getTimerQueue('_timers')
    const total = backend.getValueState(totals)
    if (index === 1) backend.getMapState(items)
    const key = [...Array(100).keys()].find((each) => hashKey(each) >>> 31 === index) ?? 0
    backend.setCurrentKey(key, hashKey(key))
    total.update(1)
    const snapshot = backend.seal(1)
    assert.ok(snapshot.encode(Infinity))
    const keyed = await snapshot.write(storage, ExecutionAttemptId.parse(`aa_bb_${index}_0`))
    const states = [{ name: `list ${index}`, mode: 'split' as const }]
    const operator = { states, blob: { kind: 'inline' as const, bytes: new Uint8Array() } }
    subtasks.push({
      operators: [{ operatorId: testOperatorId, keyed, operator }],
      channels: [],
      isFinished: false,
    })
  }
  return { ...completed, vertices: [{ ...vertex, parallelism: 2, subtasks }] }
}

test('the states of all subtasks are told with their types', async () => {
  const storage = new MemoryCheckpointStorage()
  const completed = await checkpointOfTwoSubtasks(storage)
  const [operator] = await readSavedStates(storage, completed)
  assert.deepEqual(operator?.keyedStates, [
    { name: '_timers', kind: 'timer', types: [], ttl: null },
    { name: 'items', kind: 'map', types: [{ kind: 'string' }, null], ttl: { ms: 1000 } },
    { name: 'total', kind: 'value', types: [{ kind: 'float64' }], ttl: null },
  ])
  assert.deepEqual(operator.operatorStates, [
    { name: 'list 0', mode: 'split' },
    { name: 'list 1', mode: 'split' },
  ])
  assert.equal(operator.parallelism, 2)
})

test('states that are not to be restored are left out, renamed ones have their name', async () => {
  const storage = new MemoryCheckpointStorage()
  const completed = await checkpointOfTwoSubtasks(storage)
  const vertices = completed.vertices.map((vertex) => ({
    ...vertex,
    operators: vertex.operators.map((operator) => ({
      ...operator,
      droppedStates: ['items'],
      renamedStates: [{ from: 'total', to: 'sum' }],
    })),
  }))
  const [operator] = await readSavedStates(storage, { ...completed, vertices })
  assert.deepEqual(
    operator?.keyedStates.map(({ name }) => name),
    ['_timers', 'sum'],
  )
})

test('a segment that is missing or cut is told by its name', async () => {
  const storage = new MemoryCheckpointStorage()
  const completed = await checkpointOfTwoSubtasks(storage)
  const [name, content] = [...storage.files][0] ?? []
  assert.ok(name !== undefined && content !== undefined)
  const isCorrupt = (what: RegExp) => (error: Error & { code?: string }) => {
    assert.equal(error.code, 'CHECKPOINT_CORRUPT')
    assert.ok(error.message.includes(name), error.message)
    return what.test(error.message)
  }
  storage.files.set(name, content.slice(0, 30))
  await assert.rejects(readSavedStates(storage, completed), isCorrupt(/it has 30 bytes/))
  const damaged = content.slice()
  damaged[20] = 0
  storage.files.set(name, damaged)
  await assert.rejects(readSavedStates(storage, completed), isCorrupt(/CRC-32/))
  storage.files.delete(name)
  await assert.rejects(readSavedStates(storage, completed), isCorrupt(/it is not there/))
})
