import assert from 'node:assert/strict'
import test from 'node:test'
import { MillraceError } from '../errors.ts'
import { hashKey } from '../key/hash-key.ts'
import { types } from '../type/types.ts'
import { createTestGate, readFrame } from './channel-test-support.ts'
import { Frame, frameHeaderBytes, rowTag } from './frame.ts'
import { RowDecoding } from './row-decoding.ts'
import { RowEncoding } from './row-encoding.ts'
import { type RowReader, rowsEnded, rowsPaused, rowsSuspended } from './row-reader.ts'

const itemType = types.object({
  id: types.float64,
  name: types.string,
  tags: types.array(types.optional(types.bigint)),
  raw: types.nullable(types.bytes),
  rest: types.any,
})

const item = {
  id: 1,
  name: 'größer',
  tags: [1n, undefined, 2n ** 70n],
  raw: Uint8Array.of(1, 2),
  rest: { deep: ['x', -1] },
}

function framesOf(records: readonly unknown[], frameSize = 4096): readonly Uint8Array[] {
  const encoding = new RowEncoding({
    edge: 'edge',
    type: itemType.descriptor,
    keyed: false,
    recordSizeMaxBytes: 100_000,
  })
  const { writer, sent } = createTestGate(encoding, { channelCount: 1, frameSize }).channels[0]!
  for (const record of records) writer.write(record, undefined, 0)
  writer.writeWatermark(7)
  writer.flush()
  return sent
}

function createReader(): RowReader {
  return new RowDecoding({ process: () => {} }).createReader('orders-2 → total-1')
}

function frameOf(rows: readonly number[], records = 0): Uint8Array {
  const bytes = Buffer.alloc(frameHeaderBytes + rows.length)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt32LE(records, 8)
  bytes.set(rows, frameHeaderBytes)
  return bytes
}

test('rows that make no sense are reported with channel, position and tag', () => {
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [frameOf([99]), /byte 16 of 17 \(tag 99\): no shape was announced for the tag/],
    [frameOf([9]), /byte 16 of 17 \(tag 9\): no row has this tag/],
    [frameOf([rowTag.watermark, 0]), /byte 16 of 18 \(tag 2\): a row ends after the frame/],
    [frameOf([rowTag.generic, 200, 0, 0, 0, 1]), /a row ends after the frame/],
    [frameOf([rowTag.generic, 1, 0, 0, 0, 0x7f], 1), /a generic value makes no sense/],
    [frameOf([rowTag.generic, 2, 0, 0, 0, 0, 0], 1), /has another length than told/],
    [frameOf([rowTag.shape, 16, 2, 0, 0, 0, 0x7b, 0x7d]), /a shape makes no sense/],
    [frameOf([rowTag.shape, 3, 0, 0, 0, 0]), /no shape has the tag 3/],
    [frameOf([rowTag.endOfData], 1), /0 records were read of 1/],
  ]
  for (const [bytes, message] of cases) {
    assert.throws(
      () => readFrame(createReader(), bytes, []),
      (error) => {
        assert.ok(error instanceof MillraceError)
        assert.equal(error.code, 'FRAME_CORRUPT')
        assert.match(error.message, /channel 'orders-2 → total-1'/)
        assert.match(error.message, message)
        return true
      },
    )
  }
  assert.throws(() => createReader().begin(new Frame(20)), /cannot hold 0/)
})

test('a frame that is damaged or cut anywhere gives FRAME_CORRUPT or other records', () => {
  const [bytes] = framesOf([item, { ...item, raw: null }])
  assert.ok(bytes)
  const tryToRead = (damaged: Uint8Array): void => {
    try {
      readFrame(createReader(), damaged, [])
    } catch (error) {
      assert.ok(error instanceof MillraceError && error.code === 'FRAME_CORRUPT', String(error))
    }
  }
  for (let at = frameHeaderBytes; at < bytes.length; at++) {
    for (const damage of [0, 1, 2, 16, 0x7f, 0xfc, 0xff]) {
      const damaged = bytes.slice()
      damaged[at] = damage
      tryToRead(damaged)
    }
    tryToRead(bytes.slice(0, at))
  }
})

test('a reader goes on behind the record at which it was suspended', () => {
  const seen: unknown[] = []
  const suspension = { suspended: false }
  const decoding = new RowDecoding({
    process: (value) => {
      seen.push((value as { id: number }).id)
      suspension.suspended = seen.length % 2 === 0
    },
    suspension,
  })
  const reader = decoding.createReader('channel')
  const [bytes] = framesOf(Array.from({ length: 5 }, (_, id) => ({ ...item, id })))
  const frame = new Frame(4096)
  frame.bytes.set(bytes!)
  frame.length = bytes!.length
  reader.begin(frame)
  assert.equal(reader.readRows(), rowsSuspended)
  assert.deepEqual(seen, [0, 1])
  assert.equal(reader.recordCount, 2)
  suspension.suspended = false
  assert.equal(reader.readRows(), rowsSuspended)
  assert.deepEqual(seen, [0, 1, 2, 3])
  suspension.suspended = false
  assert.equal(reader.readRows(), rowTag.watermark)
  assert.equal(reader.value, 7)
  assert.deepEqual(seen, [0, 1, 2, 3, 4])
  assert.equal(reader.readRows(), rowsEnded)
  assert.equal(reader.recordCount, 5)
})

test('an error of the consumer passes through as it is', () => {
  const failure = new Error('of the user')
  const decoding = new RowDecoding({
    process: () => {
      throw failure
    },
  })
  const [bytes] = framesOf([item])
  assert.throws(() => readFrame(decoding.createReader('channel'), bytes!, []), failure)
})

test('bytes of a record are its own when the frame is used again', () => {
  let received: unknown
  const decoding = new RowDecoding({
    process: (value) => {
      received = value
    },
  })
  for (const bytes of framesOf([item])) readFrame(decoding.createReader('channel'), bytes, [])
  assert.deepStrictEqual(received, item)
})

test('a generic record of a keyed gate gets its key and hash evaluated', () => {
  const received: unknown[] = []
  const decoding = new RowDecoding({
    process: (...all) => received.push(all),
    keyOf: (value) => `key of ${value}`,
  })
  const rows = [rowTag.generic, 1, 0, 0, 0, 0xc5]
  readFrame(decoding.createReader('channel'), frameOf(rows, 1), [])
  assert.deepEqual(received, [[5, 'key of 5', hashKey('key of 5')]])
})

test('reading pauses after as many records as it should, whatever their encoding', () => {
  for (const isTyped of [true, false]) {
    const encoding = new RowEncoding({
      edge: 'edge',
      type: isTyped ? types.float64.descriptor : undefined,
      keyed: false,
      recordSizeMaxBytes: 1000,
    })
    const gate = createTestGate(encoding, { channelCount: 1, frameSize: 4096 })
    const { writer, sent } = gate.channels[0]!
    for (let n = 0; n < 10; n++) writer.write(n, undefined, 0)
    writer.flush()
    const seen: unknown[] = []
    const reader = new RowDecoding({ process: (value) => seen.push(value) }).createReader('c')
    const bytes = sent[0] as Uint8Array
    const frame = new Frame(bytes.length)
    frame.bytes.set(bytes)
    frame.length = bytes.length
    reader.begin(frame)
    const steps: number[] = []
    for (let tag = -1; tag !== rowsEnded; steps.push(seen.length)) {
      reader.pauseAt = reader.frameRecords + 4
      tag = reader.readRows()
      assert.ok(tag === rowsPaused || tag === rowsEnded)
    }
    assert.deepEqual(steps, [4, 8, 10])
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  }
})
