import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LocalSubpartition } from './local-subpartition.ts'

function channelOf(overdraftMaxBytes = 1 << 20) {
  const seen: unknown[] = []
  const log: string[] = []
  const place = { edgeIndex: 0, producerSubtask: 0, consumerSubtask: 0 }
  const producer = {
    onOutputUnavailable: () => log.push('unavailable'),
    onConsumed: () => log.push('consumed'),
    onBarrierLeft: () => log.push('left'),
  }
  const consumer = {
    isAvailable: () => true,
    onBarrier: (_channel: LocalSubpartition, id: number) => log.push(`barrier ${id}`),
    onOvertakingBarrier: (_: LocalSubpartition, id: number) => log.push(`overtaking ${id}`),
    onEndOfData: () => log.push('end'),
    wake: () => {},
  }
  const channel = new LocalSubpartition(place, producer, consumer, overdraftMaxBytes)
  const process = (value: unknown) => {
    seen.push(value)
  }
  /** As generated code does. */
  const emit = (value: unknown) => {
    if (channel.isOpen) {
      channel.records++
      channel.process(value, undefined, 0)
    } else {
      channel.enqueue(value, undefined, 0)
    }
  }
  return { channel, process, emit, seen, log }
}

const go = { suspended: false }

test('records wait until the consumer runs, then go through directly, in order', () => {
  const { channel, process, emit, seen } = channelOf()
  emit(1)
  assert.equal(channel.drain(go, 10), 0)
  channel.start(process)
  emit(2)
  assert.equal(channel.isOpen, false)
  assert.equal(channel.drain(go, 1), 1)
  assert.equal(channel.isOpen, false)
  assert.equal(channel.drain(go, 10), 1)
  assert.equal(channel.isOpen, true)
  emit(3)
  assert.deepEqual(seen, [1, 2, 3])
  assert.equal(channel.records, 3)
  assert.equal(channel.receivedCount, 3)
})

test('a suspended consumer is not called, and the producer is asked to stop', () => {
  const { channel, process, emit, seen, log } = channelOf()
  channel.start(process)
  channel.drain(go, 10)
  channel.suspend()
  channel.suspend()
  emit(1)
  assert.deepEqual(seen, [])
  assert.deepEqual(log, ['unavailable'])
  channel.drain({ suspended: true }, 10)
  assert.equal(channel.isOpen, false)
  assert.equal(channel.receivedCount, 0)
  channel.drain(go, 10)
  assert.deepEqual(seen, [1])
})

test('the end of data comes after the last queued record', () => {
  const { channel, process, emit, log } = channelOf()
  emit(1)
  channel.end()
  assert.deepEqual(log, [])
  channel.start(process)
  channel.drain(go, 10)
  assert.deepEqual(log, ['end', 'consumed'])
  assert.equal(channel.isConsumed, true)
  assert.equal(channel.isOpen, false)
})

test('the queue is bounded', () => {
  const { channel, emit } = channelOf(256 * 100)
  const fill = () => {
    for (;;) emit(1)
  }
  assert.throws(fill, { code: 'OVERDRAFT_EXCEEDED' })
  assert.equal(channel.queuedCount, 2048 + 100 + 1)
  assert.equal(channel.isAvailable(), false)
})

test('nothing is kept for a consumer that is gone', () => {
  const { channel, process, emit, log } = channelOf()
  channel.start(process)
  channel.drain(go, 10)
  channel.vanish()
  emit(1)
  assert.equal(channel.queuedCount, 0)
  assert.equal(channel.isAvailable(), false)
  assert.deepEqual(log, ['unavailable'])
})

test('a record after the end of data is a bug', () => {
  const { channel, emit } = channelOf()
  channel.end()
  assert.throws(() => emit(1), /after the end of data/)
})

test('a barrier comes behind what is queued, and counts as no record', () => {
  const { channel, process, emit, seen, log } = channelOf()
  channel.start(process)
  emit(1)
  channel.barrier(7, 'checkpoint')
  emit(2)
  assert.equal(channel.queuedCount, 2)
  assert.equal(channel.drain(go, 1), 1)
  assert.deepEqual(log, [])
  assert.equal(channel.drain(go, 10), 1)
  assert.deepEqual(seen, [1, 2])
  assert.deepEqual(log, ['barrier 7', 'left'])
  assert.equal(channel.receivedCount, 2)
})

test('where records go through directly, a barrier does as well', () => {
  const { channel, process, log } = channelOf()
  channel.start(process)
  channel.drain(go, 1)
  channel.barrier(7, 'checkpoint')
  assert.deepEqual(log, ['barrier 7'])
})

test('behind a barrier that blocks nothing gets through, not even the end', () => {
  const { channel, process, emit, seen, log } = channelOf()
  channel.start(process)
  channel.drain(go, 1)
  channel.block()
  emit(1)
  channel.barrier(8, 'checkpoint')
  assert.equal(channel.drain(go, 10), 0)
  assert.equal(channel.canDrain, false)
  channel.end()
  assert.deepEqual([seen, log], [[], []])
  channel.unblock()
  assert.equal(channel.canDrain, true)
  assert.equal(channel.drain(go, 10), 1)
  assert.deepEqual(seen, [1])
  assert.deepEqual(log, ['barrier 8', 'left', 'end', 'consumed'])
})

function recordingOf(checkpointId: number) {
  const records: unknown[] = []
  const recording = {
    checkpointId,
    hasEnded: false,
    addRecord: (value: unknown) => records.push(value),
    end: () => {
      recording.hasEnded = true
    },
  }
  return { recording, records }
}

test('a barrier overtakes what is queued, which is processed all the same', () => {
  const { channel, process, emit, seen, log } = channelOf()
  channel.start(process)
  emit(1)
  emit(2)
  assert.deepEqual(channel.overtake(7, false), [1, 2])
  assert.deepEqual(log, ['overtaking 7'])
  channel.drain(go, 10)
  assert.deepEqual(seen, [1, 2])
})

test('until its barrier comes a channel is recorded, and nothing goes through directly', () => {
  const { channel, process, emit, seen, log } = channelOf()
  channel.start(process)
  emit(1)
  const { recording, records } = recordingOf(7)
  assert.equal(channel.record(recording), false)
  channel.drain(go, 10)
  assert.equal(channel.isOpen, false)
  emit(2)
  assert.deepEqual(channel.overtake(7, false), [], 'it is the part of the consumer')
  assert.equal(recording.hasEnded, true)
  emit(3)
  channel.drain(go, 10)
  assert.equal(channel.isOpen, true)
  assert.deepEqual(seen, [1, 2, 3])
  assert.deepEqual(records, [1, 2])
  assert.deepEqual(
    log.filter((line) => line.startsWith('overtaking')),
    ['overtaking 7'],
  )
})

test('a barrier that is queued is overtaken with what is before it', () => {
  for (const isRecorded of [true, false]) {
    const { channel, process, emit, seen, log } = channelOf()
    channel.start(process)
    emit(1)
    channel.barrier(7, 'checkpoint')
    emit(2)
    assert.equal(channel.holdsBarrier(7), true)
    const { recording, records } = recordingOf(7)
    if (isRecorded) assert.equal(channel.record(recording), true)
    const overtaken = channel.overtake(7, true)
    assert.deepEqual(isRecorded ? records : overtaken, [1])
    assert.equal(recording.hasEnded, isRecorded)
    assert.deepEqual(log, isRecorded ? ['left'] : ['overtaking 7'])
    assert.equal(channel.holdsBarrier(7), false)
    channel.drain(go, 10)
    assert.deepEqual(seen, [1, 2])
  }
})

test('the end of data stands for a barrier, and ends a recording', () => {
  const { channel, process, emit, log } = channelOf()
  channel.start(process)
  emit(1)
  channel.end()
  channel.noteBarrier(7)
  assert.equal(channel.holdsBarrier(7), true)
  assert.deepEqual(channel.overtake(7, true), [1])
  const { recording } = recordingOf(8)
  channel.record(recording)
  channel.drain(go, 10)
  assert.equal(recording.hasEnded, true)
  assert.deepEqual(log, ['overtaking 7', 'end', 'consumed'])
})
