import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/core'
import { ManualClock } from '../operators/clock-test-support.ts'
import { CallSite } from '../stream/call-site.ts'
import { CollectionSource } from './collection-source.ts'
import { readAll } from './reader-test-support.ts'
import type { SourceReader } from './source.ts'

const sourceOf = <T>(records: Iterable<T>): CollectionSource<T> =>
  new CollectionSource('collection', records, new CallSite(sourceOf))

function readerOf<T>(source: CollectionSource<T>): SourceReader<T, { position: number }> {
  return source.createReader({
    subtaskIndex: 0,
    parallelism: 1,
    clock: new ManualClock(),
    logger: silentLogger,
    sendSplitRequest: () => {},
    sendEventToEnumerator: () => {},
  })
}

test('every record is read once, in order, by one of the subtasks', () => {
  for (const countMax of [1, 2, 100]) {
    assert.deepEqual(readAll(sourceOf(['a', 'b', 'c']), { parallelism: 1, countMax }), [
      ['a', 'b', 'c'],
    ])
  }
  assert.deepEqual(readAll(sourceOf(new Set([1, 2])), { parallelism: 2, countMax: 9 }), [
    [1, 2],
    [],
  ])
  assert.deepEqual(readAll(sourceOf([]), { parallelism: 1, countMax: 9 }), [[]])
})

test('undefined is a record like any other', () => {
  assert.deepEqual(readAll(sourceOf([undefined, null]), { parallelism: 1, countMax: 1 }), [
    [undefined, null],
  ])
})

test('a reader goes on where the snapshot of another stood', () => {
  const first = readerOf(sourceOf('abcd'))
  first.addSplits([{ position: 0 }])
  const read: string[] = []
  const output = { collect: (record: string) => void read.push(record) }
  first.pollNext(output, 3)
  const splits = first.snapshotState(1)
  assert.deepEqual(splits, [{ position: 3 }])
  const second = readerOf(sourceOf('abcd'))
  second.addSplits(splits)
  second.notifyNoMoreSplits()
  while (second.pollNext(output, 3) !== 'end-of-input');
  assert.deepEqual(read, ['a', 'b', 'c', 'd'])
})

test('a reader without a split waits until there is one, or none will come', async () => {
  for (const wake of [
    (reader: SourceReader<string, { position: number }>) => reader.addSplits([{ position: 0 }]),
    (reader: SourceReader<string, { position: number }>) => reader.notifyNoMoreSplits(),
  ]) {
    const reader = readerOf(sourceOf('a'))
    assert.equal(reader.pollNext({ collect: () => {} }, 1), 'nothing-available')
    const available = reader.whenAvailable()
    assert.equal(reader.whenAvailable(), available)
    wake(reader)
    await available
    await reader.whenAvailable()
  }
})

test('what cannot be iterated over is refused, with the place', () => {
  assert.throws(() => sourceOf(7 as never), {
    code: 'ARGUMENT_INVALID',
    message: /collection-source\.test\.ts:\d+:\d+ is no collection/,
  })
})

test('an iterator whose next() returns no object fails, and does not go on for ever', () => {
  for (const result of [7, undefined, null, 'end']) {
    const collection = { [Symbol.iterator]: () => ({ next: () => result }) }
    const source = sourceOf(collection as never)
    assert.throws(() => readAll(source, { parallelism: 1, countMax: 9 }), {
      code: 'SOURCE_FAILED',
      message: /returned .* for record 0, not an object/,
    })
  }
})
