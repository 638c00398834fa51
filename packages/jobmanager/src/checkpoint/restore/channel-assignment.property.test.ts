import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ChannelStateHandle,
  type CompletedCheckpoint,
  encodeGeneric,
  hashKey,
  type JobGraph,
  JobId,
  JobVertexId,
  keyGroupOf,
  keyGroupRange,
  OperatorId,
  type PartitionerKind,
  subtaskOfKeyGroup,
  type TaskStateSnapshot,
} from '@millrace/core'
import fc from 'fast-check'
import { ChannelAssignment } from './channel-assignment.ts'

const [source, target] = [OperatorId.parse('source'), OperatorId.parse('target')]
const [sourceVertex, targetVertex] = [JobVertexId.parse('sources'), JobVertexId.parse('targets')]

function graphOf(partitioner: PartitionerKind, producers: number, consumers: number): JobGraph {
  const operator = (id: OperatorId) => {
    return { id, name: id, kind: 'map', chainedInputs: [], outputType: undefined }
  }
  const vertex = (id: JobVertexId, parallelism: number, operatorId: OperatorId) => {
    const operators = [operator(operatorId)]
    return { id, name: id, parallelism, slotSharingGroup: 'default', operators }
  }
  return {
    name: 'pair',
    boundedness: 'bounded',
    vertices: [vertex(sourceVertex, producers, source), vertex(targetVertex, consumers, target)],
    edges: [
      {
        index: 0,
        source: sourceVertex,
        sourceOperator: source,
        target: targetVertex,
        targetOperator: target,
        inputIndex: 0,
        partitioner,
      },
    ],
    config: {},
    hash: '',
  }
}

/** A record on its way: of a producer, for a consumer. */
interface Record {
  readonly key: number
  readonly producer: number
  readonly consumer: number
  readonly end: 'received' | 'sent'
}

function handleOf(records: readonly Record[], { producer, consumer, end }: Record) {
  const handle: ChannelStateHandle & { readonly keys: readonly number[] } = {
    sourceOperator: source,
    targetOperator: target,
    inputIndex: 0,
    producerSubtask: producer,
    consumerSubtask: consumer,
    end,
    recordCount: records.length,
    blob: { kind: 'inline', bytes: encodeGeneric(0) },
    offset: 0,
    sizeBytes: 1,
    keys: records.map(({ key }) => key),
  }
  return handle
}

/** Each pair's handles are where they were written: at its producer, or at its consumer. */
function checkpointOf(
  records: readonly Record[],
  producers: number,
  consumers: number,
): CompletedCheckpoint {
  const groups = Map.groupBy(records, ({ producer, consumer, end }) =>
    [producer, consumer, end].join(),
  )
  const handles = [...groups.values()].map((group) => handleOf(group, group[0] as Record))
  const snapshots = (count: number, isOf: (handle: ChannelStateHandle, index: number) => boolean) =>
    Array.from({ length: count }, (_, index): TaskStateSnapshot => {
      const channels = handles.filter((handle) => isOf(handle, index))
      return { operators: [], channels, isFinished: false }
    })
  const operatorOf = (operatorId: OperatorId) => {
    return { operatorId, name: operatorId, droppedStates: [], renamedStates: [] }
  }
  return {
    kind: 'checkpoint',
    jobId: JobId.parse('0'.repeat(32)),
    jobName: 'pair',
    checkpointId: 7,
    epoch: 0,
    triggeredAtMs: 0,
    completedAtMs: 0,
    coordinators: [],
    vertices: [
      {
        vertexId: sourceVertex,
        parallelism: producers,
        operators: [operatorOf(source)],
        subtasks: snapshots(producers, (handle, index) => {
          return handle.end === 'sent' && handle.producerSubtask === index
        }),
      },
      {
        vertexId: targetVertex,
        parallelism: consumers,
        operators: [operatorOf(target)],
        subtasks: snapshots(consumers, (handle, index) => {
          return handle.end === 'received' && handle.consumerSubtask === index
        }),
      },
    ],
  }
}

function consumerOf(key: number, consumers: number): number {
  return subtaskOfKeyGroup(keyGroupOf(hashKey(key)), consumers)
}

/** By consumer: the keys it takes, in order, with the pair that they were of. */
function taken(assignment: ChannelAssignment, consumers: number) {
  return Array.from({ length: consumers }, (_, subtask) => {
    const own = keyGroupRange(subtask, consumers)
    return assignment.channelsOf(targetVertex, subtask).flatMap(({ handle, isShared }) => {
      const { keys, ...rest } = handle as ChannelStateHandle & { keys: readonly number[] }
      const kept = keys.filter((key) => {
        const keyGroup = keyGroupOf(hashKey(key))
        return !isShared || (keyGroup >= own.start && keyGroup < own.end)
      })
      return kept.map((key) => ({ key, handle: rest }))
    })
  })
}

const counts = fc.record({
  producers: fc.integer({ min: 1, max: 4 }),
  before: fc.integer({ min: 1, max: 5 }),
  now: fc.integer({ min: 1, max: 5 }),
})
const sketches = fc.array(
  fc.record({
    key: fc.nat(1000),
    producer: fc.nat(3),
    consumer: fc.nat(4),
    end: fc.constantFrom('received', 'sent'),
  }),
  { maxLength: 30 },
)

test('every record on its way is handed out once, where its key belongs, in order', () => {
  const partitioners = fc.constantFrom<PartitionerKind>('hash', 'rebalance', 'shuffle', 'global')
  fc.assert(
    fc.property(partitioners, counts, sketches, (partitioner, { producers, before, now }, all) => {
      const records = all.map(
        ({ key, producer, consumer, end }): Record => ({
          key,
          producer: producer % producers,
          consumer: partitioner === 'hash' ? consumerOf(key, before) : consumer % before,
          end: end as 'received',
        }),
      )
      const checkpoint = checkpointOf(records, producers, before)
      const assignment = new ChannelAssignment(checkpoint, graphOf(partitioner, producers, now))
      assert.equal(assignment.refusal, undefined)
      const got = taken(assignment, now)
      assert.deepEqual(
        got.flatMap((each) => each.map(({ key }) => key)).sort(),
        records.map(({ key }) => key).sort(),
      )
      for (const [subtask, each] of got.entries()) {
        const ends = each.map(({ handle }) => handle.end)
        assert.ok(ends.indexOf('sent') < 0 || ends.lastIndexOf('received') < ends.indexOf('sent'))
        if (partitioner !== 'hash') continue
        for (const { key } of each) assert.equal(consumerOf(key, now), subtask)
      }
      if (before !== now) return
      for (const [subtask, each] of got.entries()) {
        for (const { handle } of each) assert.equal(handle.consumerSubtask, subtask)
      }
    }),
  )
})

test('over a broadcast edge each subtask takes what was on its way to one', () => {
  fc.assert(
    fc.property(counts, fc.nat(20), ({ producers, before, now }, length) => {
      const records = Array.from({ length }, (_, key) =>
        Array.from({ length: before }, (_, consumer): Record => {
          return { key, producer: key % producers, consumer, end: 'sent' }
        }),
      ).flat()
      const checkpoint = checkpointOf(records, producers, before)
      const assignment = new ChannelAssignment(checkpoint, graphOf('broadcast', producers, now))
      for (const each of taken(assignment, now)) {
        assert.equal(new Set(each.map(({ handle }) => handle.consumerSubtask)).size <= 1, true)
        assert.deepEqual(new Set(each.map(({ key }) => key)).size, length)
        assert.equal(each.length, length)
      }
    }),
  )
})

test('what another parallelism has no place for is refused by name', () => {
  const records: readonly Record[] = [{ key: 1, producer: 1, consumer: 1, end: 'sent' }]
  const checkpoint = checkpointOf(records, 2, 2)
  for (const partitioner of ['forward', 'custom'] as const) {
    const same = new ChannelAssignment(checkpoint, graphOf(partitioner, 2, 2))
    assert.equal(same.channelsOf(targetVertex, 1).length, 1)
    const other = new ChannelAssignment(checkpoint, graphOf(partitioner, 3, 3))
    const expected = { code: 'STATE_INCOMPATIBLE', message: /'source' to 'target'.*was 2 and is 3/ }
    assert.throws(() => other.channelsOf(targetVertex, 0), expected)
  }
  const without = { ...graphOf('hash', 2, 2), edges: [] }
  assert.match(new ChannelAssignment(checkpoint, without).refusal?.message ?? '', /no such edge/)
  const empty = checkpointOf([], 2, 2)
  assert.equal(new ChannelAssignment(empty, graphOf('forward', 3, 3)).refusal, undefined)
})
