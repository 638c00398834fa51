import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, type SegmentHandle } from '@millrace/core'
import { SegmentReadAhead } from './segment-read-ahead.ts'

const megabyte = 1024 * 1024

function handles(...sizes: readonly number[]): readonly SegmentHandle[] {
  return sizes.map((sizeBytes, index) => ({
    name: `attempt/${index}`,
    sizeBytes,
    checkpointId: 1,
    replaces: { start: 0, end: 0 },
    recordCount: 1,
  }))
}

/** Answers reads when the test says so. */
function source() {
  const waiting = new Map<string, PromiseWithResolvers<Uint8Array>>()
  const read = (name: string): Promise<Uint8Array> => {
    const answer = Promise.withResolvers<Uint8Array>()
    waiting.set(name, answer)
    return answer.promise
  }
  const answer = (index: number): void => {
    waiting.get(`attempt/${index}`)?.resolve(Uint8Array.of(index))
  }
  return { location: '/checkpoints', read, waiting, answer }
}

test('a few segments are read at the same time, and given in their order', async () => {
  const reads = source()
  const ahead = new SegmentReadAhead(handles(1, 1, 1, 1, 1, 1), reads)
  const first = ahead.next()
  assert.equal(reads.waiting.size, 4)
  for (const index of [3, 1, 2, 0]) reads.answer(index)
  assert.deepEqual(await first, Uint8Array.of(0))
  assert.equal(reads.waiting.size, 4)
  assert.deepEqual(await ahead.next(), Uint8Array.of(1))
  assert.equal(reads.waiting.size, 5)
  assert.deepEqual(await ahead.next(), Uint8Array.of(2))
})

test('large segments are read one by one, however large', () => {
  const reads = source()
  const ahead = new SegmentReadAhead(handles(60 * megabyte, 60 * megabyte, 300 * megabyte), reads)
  for (const count of [1, 2, 3]) {
    ahead.next().catch(() => {})
    assert.equal(reads.waiting.size, count)
  }
})

test('a segment that is not there is named when its turn comes', async () => {
  const reads = source()
  const ahead = new SegmentReadAhead(handles(1, 1), reads)
  const first = ahead.next()
  const missing = new MillraceError('FILE_NOT_FOUND', 'gone')
  reads.waiting.get('attempt/1')?.reject(missing)
  reads.answer(0)
  await first
  await assert.rejects(ahead.next(), {
    code: 'CHECKPOINT_CORRUPT',
    message: /attempt\/1 .*not there/,
  })
})
