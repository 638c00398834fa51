import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, Frame, frameHeaderBytes } from '@millrace/core'
import fc from 'fast-check'
import { FramePool } from '../frame-pool.ts'
import {
  encodeAnswer,
  encodeBarrier,
  encodeClose,
  encodeCredit,
  encodeOpen,
  encodePreface,
  RequestDecoder,
} from './data-protocol.ts'
import { FrameAssembler } from './frame-assembler.ts'

const request = {
  channel: 3,
  producerAttemptId: ExecutionAttemptId.parse('producer'),
  edgeIndex: 1,
  consumerSubtask: 2,
  consumerAttemptId: ExecutionAttemptId.parse('consumer'),
  credits: 4,
}

function decode(pieces: readonly Uint8Array[]): readonly unknown[] {
  const seen: unknown[] = []
  const decoder = new RequestDecoder({
    onOpen: (open) => seen.push(open),
    onCredit: (channel, frames) => seen.push(['credit', channel, frames]),
    onClose: (channel) => seen.push(['close', channel]),
  })
  for (const piece of pieces) decoder.push(piece)
  return seen
}

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...places.map((place) => place % bytes.length), bytes.length].sort((a, b) => a - b)
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end))
}

const anyCuts = fc.array(fc.nat(), { maxLength: 20 })

test('requests are read however their bytes are cut', () => {
  const bytes = Buffer.concat([
    encodePreface(),
    encodeOpen(request),
    encodeCredit(3, 2),
    encodeClose(3),
    encodeCredit(0xfffffffe, 1),
  ])
  fc.assert(
    fc.property(anyCuts, (places) => {
      assert.deepEqual(decode(cut(bytes, places)), [
        request,
        ['credit', 3, 2],
        ['close', 3],
        ['credit', 0xfffffffe, 1],
      ])
    }),
  )
})

test('what is no request is refused', () => {
  const wrongVersion = Buffer.from(encodePreface())
  wrongVersion.writeUInt32LE(99, 8)
  const hugeOpen = Buffer.from([1, 0xff, 0xff, 0xff, 0xff])
  const noJson = Buffer.concat([Buffer.from([1, 2, 0, 0, 0]), Buffer.from('{]')])
  const openOf = (json: unknown): Uint8Array => encodeOpen(json as typeof request)
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    wrongVersion,
    Buffer.concat([encodePreface(), Buffer.from([9])]),
    Buffer.concat([encodePreface(), hugeOpen]),
    Buffer.concat([encodePreface(), noJson]),
    ...[
      { ...request, channel: -1 },
      { ...request, channel: { toString: 1 } },
      { ...request, producerAttemptId: '' },
      { ...request, producerAttemptId: 'x'.repeat(600) },
      { ...request, producerAttemptId: { toString: 1 } },
      null,
      5,
    ].map((json) => Buffer.concat([encodePreface(), openOf(json)])),
  ]) {
    assert.throws(() => decode([bytes]), { code: 'FRAME_CORRUPT' })
  }
})

function frameOf(channel: number, sequence: number, body: number): Uint8Array {
  const bytes = Buffer.alloc(frameHeaderBytes + body, sequence)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt32LE(channel, 4)
  bytes.writeUInt32LE(0, 8)
  bytes.writeUInt32LE(sequence, 12)
  return bytes
}

test('frames are put together however their bytes are cut, and large ones too', () => {
  const frames = [frameOf(1, 0, 10), frameOf(2, 7, 0), frameOf(1, 1, 500), frameOf(1, 2, 48)]
  const barrier = encodeBarrier(7, 2 ** 40)
  const bytes = Buffer.concat([
    ...frames.slice(0, 2),
    encodeAnswer(1, 5),
    barrier,
    ...frames.slice(2),
  ])
  fc.assert(
    fc.property(anyCuts, (places) => {
      const pool = new FramePool(64, 8)
      const seen: unknown[] = []
      const assembler = new FrameAssembler(pool, 1000, {
        onFrame: (frame, channel) => {
          seen.push([channel, Buffer.from(frame.bytes.subarray(0, frame.length)).toString('hex')])
          pool.release(frame)
        },
        onAnswer: (kind, channel) => seen.push(['answer', kind, channel]),
        onBarrier: (channel, checkpointId) => seen.push(['barrier', channel, checkpointId]),
      })
      for (const piece of cut(bytes, places)) assembler.push(piece)
      const hex = frames.map((frame) => Buffer.from(frame).toString('hex'))
      assert.deepEqual(seen, [
        [1, hex[0]],
        [2, hex[1]],
        ['answer', 1, 5],
        ['barrier', 7, 2 ** 40],
        [1, hex[2]],
        [1, hex[3]],
      ])
      assembler.close()
      assert.equal(pool.outCount, 0)
      assert.ok(pool.idleCount <= 8)
    }),
  )
})

test('a frame whose length makes no sense is refused, and what was begun is given back', () => {
  for (const length of [0, 15, 1001, 0xffffffff]) {
    const pool = new FramePool(64, 8)
    const handler = { onFrame: () => {}, onAnswer: () => {}, onBarrier: () => {} }
    const assembler = new FrameAssembler(pool, 1000, handler)
    const bytes = Buffer.from(frameOf(1, 0, 4))
    bytes.writeUInt32LE(length, 0)
    assert.throws(() => assembler.push(bytes), { code: 'FRAME_CORRUPT' })
    assembler.close()
    assert.equal(pool.outCount, 0)
  }
})

test('a frame that is released twice is found out', () => {
  const pool = new FramePool(64, 8)
  pool.release(pool.acquire(0))
  assert.throws(() => pool.release(new Frame(64)), /released twice/)
})
