import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/core'
import { ManualClock } from '../operators/clock-test-support.ts'
import { CallSite } from '../stream/call-site.ts'
import { CollectionSource } from './collection-source.ts'
import { SequenceSource } from './sequence-source.ts'
import type { Source, SourceReader } from './source.ts'

const callSite = new CallSite(test)
const records = [3, 4, 5, 6, 7, 8, 9]
const sources: readonly (readonly [Source<number, unknown>, readonly unknown[]])[] = [
  [new CollectionSource('collection', records, callSite), [{ position: 0 }]],
  [new SequenceSource({ from: 3, to: 9 }, callSite), [{ from: 3, to: 9 }]],
  [
    new SequenceSource({ from: 3, to: 9 }, callSite),
    [
      { from: 3, to: 6 },
      { from: 7, to: 9 },
    ],
  ],
]

function readerOf<Split>(source: Source<number, Split>): SourceReader<number, Split> {
  return source.createReader({
    subtaskIndex: 0,
    parallelism: 1,
    clock: new ManualClock(),
    logger: silentLogger,
    sendSplitRequest: () => {},
    sendEventToEnumerator: () => {},
  })
}

test('restored between any two polls, a reader goes on exactly there, as often as it is', () => {
  for (const [source, splits] of sources) {
    for (let countMax = 1; countMax <= records.length + 1; countMax++) {
      const read: number[] = []
      const output = { collect: (record: number) => void read.push(record) }
      let rest = splits
      for (let status = ''; status !== 'end-of-input'; ) {
        const reader = readerOf(source)
        // As the engine does: a restored reader has its splits before it is started.
        reader.addSplits(structuredClone(rest))
        reader.start()
        reader.notifyNoMoreSplits()
        status = reader.pollNext(output, countMax)
        rest = reader.snapshotState(1)
        // What the next one goes on after is not lost on this one, nor twice with it.
        reader.pollNext({ collect: () => {} }, countMax)
      }
      assert.deepEqual(read, records)
    }
  }
})
