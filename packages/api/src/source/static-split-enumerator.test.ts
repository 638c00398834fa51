import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/core'
import { ManualClock } from '../operators/clock-test-support.ts'
import { StaticSplitEnumerator } from './static-split-enumerator.ts'

test('splits are given out at request, and again when they come back', () => {
  const said: unknown[] = []
  const enumerator = new StaticSplitEnumerator(
    {
      parallelism: 2,
      clock: new ManualClock(),
      logger: silentLogger,
      registeredReaders: () => [0, 1],
      assignSplits: (subtaskIndex, splits) => void said.push([subtaskIndex, ...splits]),
      signalNoMoreSplits: (subtaskIndex) => void said.push([subtaskIndex, 'no more']),
      sendEventToSourceReader: () => {},
      callAsync: () => {},
    },
    ['a', 'b'],
  )
  enumerator.handleSplitRequest(1)
  assert.deepEqual(enumerator.snapshotState(), ['b'])
  enumerator.handleSplitRequest(0)
  enumerator.handleSplitRequest(1)
  enumerator.addSplitsBack(['a'])
  enumerator.handleSplitRequest(1)
  enumerator.handleSplitRequest(1)
  assert.deepEqual(said, [
    [1, 'a'],
    [0, 'b'],
    [1, 'no more'],
    [1, 'a'],
    [1, 'no more'],
  ])
})
