import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, type Frame, MillraceError } from '@millrace/core'
import { FramePool } from './frame-pool.ts'
import { ResultPartition } from './result-partition.ts'

const consumers = [0, 1].map((consumerSubtask) => ({
  consumerSubtask,
  consumerAttemptId: ExecutionAttemptId.parse(`consumer ${consumerSubtask}`),
}))

/** A partition with two consumers, and what it does. */
function partitionOf() {
  const log: string[] = []
  const sent: { readonly frame: Frame; readonly onWritten: () => void }[] = []
  const pool = new FramePool(100, 8)
  const partition = new ResultPartition(
    { attemptId: ExecutionAttemptId.parse('producer'), subtaskIndex: 0 },
    { edgeIndex: 5, consumers },
    pool,
    1000,
    {
      onOutputUnavailable: () => log.push('unavailable'),
      onOutputAvailable: () => log.push('available'),
      onRequested: () => log.push('requested'),
      onConsumed: () => log.push('consumed'),
      onBarrierLeft: () => log.push('barrier left'),
    },
  )
  const sender = {
    send: (frame: Frame, onWritten: () => void) => sent.push({ frame, onWritten }),
    sendBarrier: (channel: number, id: number) => log.push(`barrier ${id} to ${channel}`),
    forget: (channel: number) => log.push(`forget ${channel}`),
  }
  const [first, second] = consumers.map((consumer, channel) => {
    const subpartition = partition.requestRemote({ channel, ...consumer }, sender)
    assert.ok(subpartition !== undefined)
    return subpartition
  })
  assert.ok(first !== undefined && second !== undefined)
  return { partition, first, second, log, sent, pool }
}

test('frames leave against credits, in order, and go back to the pool once written', () => {
  const { first, log, sent, pool } = partitionOf()
  assert.deepEqual(log, ['requested'])
  const frames = [first.acquire(0), first.acquire(0), first.acquire(0)]
  for (const frame of frames) first.push(frame)
  assert.equal(sent.length, 0)
  first.onCredit(2)
  first.onCredit(1)
  assert.deepEqual(
    sent.map(({ frame }) => frame),
    frames,
  )
  for (const { onWritten } of sent) onWritten()
  assert.equal(pool.outCount, 0)
})

test('two frames that wait make the partition unavailable until one has left', () => {
  const { partition, first, second, log } = partitionOf()
  first.push(first.acquire(0))
  assert.equal(partition.isAvailable, true)
  first.push(first.acquire(0))
  second.push(second.acquire(0))
  second.push(second.acquire(0))
  assert.equal(partition.isAvailable, false)
  first.onCredit(1)
  assert.equal(partition.isAvailable, false)
  second.onCredit(1)
  assert.equal(partition.isAvailable, true)
  assert.deepEqual(log, ['requested', 'unavailable', 'unavailable', 'available'])
})

test('a subpartition is given to nobody but the attempt it is for, and once', () => {
  const { partition } = partitionOf()
  const sender = { send: () => {}, sendBarrier: () => {}, forget: () => {} }
  const stranger = ExecutionAttemptId.parse('another attempt')
  const [own] = consumers
  assert.ok(own !== undefined)
  const asked = { channel: 9, consumerSubtask: 0 }
  assert.equal(
    partition.requestRemote({ ...asked, consumerAttemptId: stranger }, sender),
    undefined,
  )
  assert.equal(partition.requestRemote({ channel: 9, ...own }, sender), undefined)
})

test('a consumer that closes after the end has read all, one that closes before has vanished', () => {
  const { partition, first, second, log, pool } = partitionOf()
  first.push(first.acquire(0))
  first.onCredit(1)
  second.push(second.acquire(0))
  partition.end()
  first.onClosed()
  assert.equal(first.isConsumed, true)
  second.onClosed()
  assert.equal(second.isConsumed, false)
  assert.equal(partition.isConsumed, false)
  assert.equal(partition.isAvailable, false)
  assert.deepEqual(log, ['requested', 'forget 0', 'consumed', 'forget 1', 'unavailable'])
  assert.equal(pool.outCount, 1)
})

test('a released partition gives back every frame but those on their way', () => {
  const { partition, first, second, sent, pool } = partitionOf()
  first.onCredit(1)
  for (let i = 0; i < 3; i++) first.push(first.acquire(0))
  second.acquire(0)
  partition.release()
  assert.equal(pool.outCount, 1)
  sent[0]?.onWritten()
  assert.equal(pool.outCount, 0)
  first.onCredit(1)
  first.onClosed()
  partition.release()
  assert.equal(sent.length, 1)
})

const frameSizeBytes = 1024
const overdraftMaxBytes = 2 * frameSizeBytes

function partitionFor(consumerCount: number): ResultPartition {
  const consumers = Array.from({ length: consumerCount }, (_, consumerSubtask) => ({
    consumerSubtask,
    consumerAttemptId: ExecutionAttemptId.parse(`consumer-${consumerSubtask}`),
  }))
  const partition = new ResultPartition(
    { attemptId: ExecutionAttemptId.parse('producer'), subtaskIndex: 0 },
    { edgeIndex: 0, consumers },
    new FramePool(frameSizeBytes, 0),
    overdraftMaxBytes,
    {
      onOutputUnavailable: () => {},
      onOutputAvailable: () => {},
      onRequested: () => {},
      onConsumed: () => {},
      onBarrierLeft: () => {},
    },
  )
  const sender = { send: () => {}, sendBarrier: () => {}, forget: () => {} }
  for (const [channel, consumer] of consumers.entries()) {
    partition.requestRemote({ channel, ...consumer }, sender)
  }
  return partition
}

function pushFrames(partition: ResultPartition, countPerConsumer: number): void {
  for (let i = 0; i < countPerConsumer; i++) {
    for (const remote of partition.remotes) remote?.push(remote.acquire(1))
  }
}

test('outputs that are as full as they get are no overdraft, however many they are', () => {
  const partition = partitionFor(8)
  pushFrames(partition, 2)
  assert.equal(partition.isAvailable, false)
})

test('what one record writes beyond full outputs is bounded by the overdraft', () => {
  const partition = partitionFor(2)
  pushFrames(partition, 3)
  assert.throws(
    () => pushFrames(partition, 1),
    (error) => error instanceof MillraceError && error.code === 'OVERDRAFT_EXCEEDED',
  )
})

test('a barrier overtakes the frames that wait for credit, which leave as before', () => {
  const { partition, first, log, sent } = partitionOf()
  const frames = [first.acquire(0), first.acquire(0)]
  for (const frame of frames) first.push(frame)
  assert.deepEqual(first.overtake(7, false), frames)
  assert.ok(log.includes('barrier 7 to 0'))
  first.onCredit(2)
  assert.deepEqual(
    sent.map(({ frame }) => frame),
    frames,
  )
  assert.deepEqual(first.overtake(8, false), [], 'nothing waits')
  partition.release()
  assert.deepEqual(first.overtake(9, false), [])
  assert.equal(log.filter((line) => line.startsWith('barrier')).length, 2)
})

test('a barrier that was written overtakes what is before it, unless it has left', () => {
  const { partition, first, second, log, sent } = partitionOf()
  const [before, own, after] = [first.acquire(0), first.acquire(0), first.acquire(0)]
  first.push(before)
  first.push(own)
  partition.noteBarrier(7)
  first.push(after)
  assert.equal(partition.holdsBarrier(7), true)
  assert.equal(partition.holdsBarrier(6), false)
  first.onCredit(1)
  assert.deepEqual(first.overtake(7, true), [own])
  assert.equal(partition.holdsBarrier(7), false)
  assert.deepEqual(first.overtake(7, true), [], 'once')
  assert.deepEqual(second.overtake(7, true), [], 'it had left at once')
  assert.equal(log.filter((line) => line.startsWith('barrier 7')).length, 1)
  assert.equal(log.includes('barrier left'), false)
  first.onCredit(2)
  assert.equal(sent.length, 3)
})

test('it is told when a barrier leaves as it was written', () => {
  const { partition, first, log } = partitionOf()
  first.push(first.acquire(0))
  first.push(first.acquire(0))
  partition.noteBarrier(7)
  first.onCredit(1)
  assert.equal(partition.holdsBarrier(7), true)
  first.onCredit(1)
  assert.equal(partition.holdsBarrier(7), false)
  assert.equal(log.at(-1), 'barrier left')
})
