import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, MillraceError } from '@millrace/core'
import { FramePool } from './frame-pool.ts'
import { ResultPartition } from './result-partition.ts'

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
    },
  )
  const sender = { send: () => {}, forget: () => {} }
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
