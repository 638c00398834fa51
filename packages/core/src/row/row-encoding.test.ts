import assert from 'node:assert/strict'
import test from 'node:test'
import { MillraceError } from '../errors.ts'
import { hashKey } from '../key/hash-key.ts'
import type { TypeDescriptor } from '../type/type-descriptor.ts'
import { types } from '../type/types.ts'
import { createTestGate, type ReceivedRecord } from './channel-test-support.ts'
import { rowTag } from './frame.ts'
import { RowEncoding } from './row-encoding.ts'

function createEncoding(type?: TypeDescriptor, options: { keyed?: boolean } = {}): RowEncoding {
  return new RowEncoding({
    edge: 'orders → total',
    type,
    keyed: options.keyed ?? false,
    recordSizeMaxBytes: 100_000,
  })
}

const orderType = types.object({ user: types.string, amount: types.float64 }).descriptor

function throwsCode(run: () => void, code: string, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof MillraceError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  })
}

test('a declared type is a shape from the first record on', () => {
  const encoding = createEncoding(orderType)
  const gate = createTestGate(encoding, { channelCount: 1, frameSize: 256 })
  const [channel] = gate.channels
  channel?.writer.write({ amount: 12, user: 'a' }, undefined, 0)
  gate.receive()
  assert.deepEqual(channel?.received, [
    { value: { user: 'a', amount: 12 }, key: undefined, hash: 0 },
  ])
  assert.equal(encoding.oddRecordCount, 0)
  const tags = channel?.sent.map((frame) => frame[16])
  assert.deepEqual(tags, [rowTag.shape])
})

test('a record that is not of the declared type is refused, and nothing of it is written', () => {
  const encoding = createEncoding(orderType)
  const gate = createTestGate(encoding, { channelCount: 1, frameSize: 256 })
  const writer = gate.channels[0]!.writer
  writer.write({ user: 'a', amount: 1 }, undefined, 0)
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{ user: 'a', amount: '12' }, /field 'amount': expected float64, found string "12"/],
    [{ user: 'a' }, /field 'amount': expected float64, found no such field/],
    [{ user: 'a', amount: 1, note: '' }, /field 'note': not declared in the type/],
    [null, /expected an object, found null/],
    ['text', /expected an object, found string "text"/],
    [new Map(), /expected an object, found an object of the class Map/],
  ]
  for (const [record, message] of refused) {
    throwsCode(() => writer.write(record, undefined, 0), 'RECORD_TYPE_MISMATCH', message)
  }
  writer.write({ user: 'b', amount: 2 }, undefined, 0)
  gate.receive()
  const values = gate.channels[0]!.received.map((record) => (record as ReceivedRecord).value)
  assert.deepEqual(values, [
    { user: 'a', amount: 1 },
    { user: 'b', amount: 2 },
  ])
  assert.equal(writer.recordCount, 2)
})

test('a shape is inferred from 64 records and announced once on each channel, before its use', () => {
  const encoding = createEncoding()
  const gate = createTestGate(encoding, { channelCount: 3, frameSize: 1024 })
  for (let i = 0; i < 300; i++) {
    gate.channels[i % 3]!.writer.write({ word: `w${i}`, n: i }, undefined, 0)
  }
  gate.receive()
  assert.equal(encoding.oddRecordCount, 64)
  assert.deepEqual(encoding.shapes, [
    { key: 'none', type: types.object({ word: types.string, n: types.float64 }).descriptor },
  ])
  gate.channels.forEach((channel, c) => {
    const wire = Buffer.concat(channel.sent).toString('latin1')
    assert.equal(wire.split('"kind":"object"').length - 1, 1)
    const expected = Array.from({ length: 100 }, (_, i) => ({
      word: `w${3 * i + c}`,
      n: 3 * i + c,
    }))
    const values = channel.received.map((record) => (record as ReceivedRecord).value)
    assert.deepEqual(values, expected)
  })
})

test('a few odd records stay generic; many lead to a shape of their own', () => {
  const encoding = createEncoding()
  const { writer } = createTestGate(encoding, { channelCount: 1, frameSize: 4096 }).channels[0]!
  for (let i = 0; i < 2000; i++) {
    writer.write(i % 10 === 0 ? { other: `${i}` } : { n: i }, undefined, 0)
  }
  assert.equal(encoding.shapes.length, 1 + 1)
  const few = createEncoding()
  const quiet = createTestGate(few, { channelCount: 1, frameSize: 4096 }).channels[0]!.writer
  for (let i = 0; i < 2000; i++) {
    quiet.write(i > 64 && i % 100 === 0 ? { other: `${i}` } : { n: i }, undefined, 0)
  }
  assert.equal(few.shapes.length, 1)
  assert.equal(few.oddRecordCount, 64 + 19)
  for (let i = 0; i < 2000; i++) quiet.write({ other: `${i}` }, undefined, 0)
  assert.equal(few.shapes.length, 2)
  assert.ok(few.oddRecordCount < 400)
})

test('a field that turns out to be null sometimes leads to a shape that fits both', () => {
  const encoding = createEncoding()
  const { writer } = createTestGate(encoding, { channelCount: 1, frameSize: 4096 }).channels[0]!
  for (let i = 0; i < 100; i++) writer.write({ id: i, note: 'x' }, undefined, 0)
  for (let i = 0; i < 1000; i++) writer.write({ id: i, note: i % 2 ? 'x' : null }, undefined, 0)
  const nullable = types.object({ id: types.float64, note: types.nullable(types.string) })
  assert.deepEqual(encoding.shapes[1]?.type, nullable.descriptor)
  assert.equal(encoding.shapes.length, 2)
})

test('no edge has more than 16 shapes, and what fits none of them arrives all the same', () => {
  const encoding = createEncoding()
  const gate = createTestGate(encoding, { channelCount: 1, frameSize: 4096 })
  const expected: unknown[] = []
  for (let kind = 0; kind < 30; kind++) {
    for (let i = 0; i < 400; i++) {
      const record = { [`field${kind}`]: i }
      expected.push(record)
      gate.channels[0]!.writer.write(record, undefined, 0)
    }
  }
  gate.receive()
  assert.equal(encoding.shapes.length, 16)
  const values = gate.channels[0]!.received.map((record) => (record as ReceivedRecord).value)
  assert.deepEqual(values, expected)
})

test('a number as key travels in the row; another key is evaluated from the record again', () => {
  const keyOf = (value: unknown): unknown => (value as { k: unknown }).k
  for (const key of [42, 'forty-two', [4, 2]]) {
    let evaluated = 0
    const encoding = createEncoding(types.object({ k: types.any }).descriptor, { keyed: true })
    const gate = createTestGate(encoding, {
      channelCount: 1,
      frameSize: 256,
      keyOf: (value) => {
        evaluated++
        return keyOf(value)
      },
    })
    gate.channels[0]!.writer.write({ k: key }, key, hashKey(key))
    gate.receive()
    assert.deepEqual(gate.channels[0]!.received, [{ value: { k: key }, key, hash: hashKey(key) }])
    assert.equal(encoding.shapes[0]?.key, typeof key === 'number' ? 'number' : 'hash')
    assert.equal(evaluated, typeof key === 'number' ? 0 : 1)
  }
})

test('keys of several kinds on one edge all arrive, with their hashes', () => {
  for (const type of [undefined, types.object({ k: types.any }).descriptor]) {
    const encoding = createEncoding(type, { keyed: true })
    const keyOf = (value: unknown): unknown => (value as { k: unknown }).k
    const gate = createTestGate(encoding, { channelCount: 1, frameSize: 512, keyOf })
    const keys = Array.from({ length: 600 }, (_, i) => [i, `k${i}`, [i], 5n][i < 90 ? 0 : i % 4])
    for (const key of keys) gate.channels[0]!.writer.write({ k: key }, key, hashKey(key))
    gate.receive()
    const expected = keys.map((key) => ({ value: { k: key }, key, hash: hashKey(key) }))
    assert.deepEqual(gate.channels[0]!.received, expected)
  }
})

test('a record larger than a frame gets a frame of its size', () => {
  for (const type of [undefined, types.string.descriptor, types.array(types.string).descriptor]) {
    const gate = createTestGate(createEncoding(type), { channelCount: 1, frameSize: 128 })
    const { writer, sent } = gate.channels[0]!
    const small = type?.kind === 'array' ? ['x'] : 'x'
    const large = type?.kind === 'array' ? ['y'.repeat(50_000), 'z'] : 'y'.repeat(50_000)
    writer.write(small, undefined, 0)
    writer.write(large, undefined, 0)
    writer.write(small, undefined, 0)
    gate.receive()
    const values = gate.channels[0]!.received.map((record) => (record as ReceivedRecord).value)
    assert.deepEqual(values, [small, large, small])
    assert.equal(sent.filter((frame) => frame.length > 128).length, 1)
  }
})

test('a record over the limit is refused with its size, and the frame goes on', () => {
  for (const type of [undefined, types.string.descriptor]) {
    const gate = createTestGate(createEncoding(type), { channelCount: 1, frameSize: 1024 })
    const { writer } = gate.channels[0]!
    writer.write('a', undefined, 0)
    throwsCode(
      () => writer.write('y'.repeat(200_000), undefined, 0),
      'RECORD_TOO_LARGE',
      /A record of orders → total takes 20000\d bytes, but at most 100000 are allowed\..*taskmanager\.network\.record-size-max/,
    )
    writer.write('b', undefined, 0)
    gate.receive()
    const values = gate.channels[0]!.received.map((record) => (record as ReceivedRecord).value)
    assert.deepEqual(values, ['a', 'b'])
  }
})

test('control rows arrive between the records where they were written', () => {
  const gate = createTestGate(createEncoding(types.string.descriptor), {
    channelCount: 1,
    frameSize: 64,
  })
  const { writer, received } = gate.channels[0]!
  writer.writeWatermarkStatus(true)
  writer.write('a', undefined, 0)
  writer.writeWatermark(-Infinity)
  writer.writeBarrier(2 ** 40, 'checkpoint')
  writer.write('b', undefined, 0)
  writer.writeWatermarkStatus(false)
  writer.writeWatermark(1.5)
  writer.writeEndOfData()
  gate.receive()
  assert.deepEqual(received, [
    [rowTag.watermarkStatus, 1],
    { value: 'a', key: undefined, hash: 0 },
    [rowTag.watermark, -Infinity],
    [rowTag.barrier, 2 ** 40],
    { value: 'b', key: undefined, hash: 0 },
    [rowTag.watermarkStatus, 0],
    [rowTag.watermark, 1.5],
    [rowTag.endOfData, 0],
  ])
})

test('a frame is acquired for the first row only, and its header tells what is in it', () => {
  const gate = createTestGate(createEncoding(types.float64.descriptor), {
    channelCount: 2,
    frameSize: 128,
  })
  const { writer, sent } = gate.channels[1]!
  writer.flush()
  assert.equal(sent.length, 0)
  assert.equal(writer.pendingBytes, 0)
  for (let i = 0; i < 30; i++) writer.write(i, undefined, 0)
  assert.equal(writer.recordCount, 30)
  assert.ok(writer.pendingBytes > 0)
  writer.flush()
  assert.equal(writer.pendingBytes, 0)
  const headers = sent.map((frame) => [...new Uint32Array(frame.slice(0, 16).buffer)])
  assert.deepEqual(
    headers.map(([length, channel, , sequence]) => [length, channel, sequence]),
    sent.map((frame, i) => [frame.length, 1, i]),
  )
  assert.equal(
    headers.reduce((sum, [, , records]) => sum + records!, 0),
    30,
  )
})
