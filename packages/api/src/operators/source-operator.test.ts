import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/core'
import { SequenceSource } from '../source/sequence-source.ts'
import type { Source, SourceReader, SourceReaderContext } from '../source/source.ts'
import { decodeEnumeratorEvent, encodeSourceEvent } from '../source/source-event.ts'
import { CallSite } from '../stream/call-site.ts'
import { ManualClock } from './clock-test-support.ts'
import {
  initialization,
  performCheckpoint,
  TestOperatorState,
} from './operator-state-test-support.ts'
import { SourceOperator } from './source-operator.ts'

function operatorOf(
  calls: unknown[],
  onStart: (context: SourceReaderContext) => void = () => {},
): SourceOperator {
  const reader = (context: SourceReaderContext): SourceReader<unknown, unknown> => ({
    start: () => {
      calls.push(['start', context.subtaskIndex, context.parallelism])
      onStart(context)
    },
    addSplits: (splits) => void calls.push(['add', splits]),
    notifyNoMoreSplits: () => void calls.push(['no more']),
    handleSourceEvent: (event) => void calls.push(['event', event]),
    pollNext: (output, countMax) => {
      output.collect(countMax)
      return 'end-of-input'
    },
    whenAvailable: () => Promise.resolve(),
    snapshotState: () => [],
    close: () => void calls.push(['close']),
  })
  const source = {
    kind: 'recording',
    boundedness: 'bounded' as const,
    createEnumerator: () => assert.fail('a task makes no enumerator'),
    createReader: reader,
  }
  return new SourceOperator(source, {
    subtaskIndex: 1,
    parallelism: 3,
    clock: new ManualClock(),
    logger: silentLogger,
    sendEvent: (event) => calls.push(['sent', decodeEnumeratorEvent(event)]),
  })
}

test('events of the enumerator reach the reader, those that came early after its start', () => {
  const calls: unknown[] = []
  const operator = operatorOf(calls)
  operator.handleEvent(encodeSourceEvent({ kind: 'add-splits', splits: [{ from: 1 }] }))
  assert.deepEqual(calls, [])
  operator.open()
  operator.handleEvent(encodeSourceEvent({ kind: 'source-event', event: 'hello' }))
  operator.handleEvent(encodeSourceEvent({ kind: 'no-more-splits' }))
  assert.deepEqual(calls, [
    ['start', 1, 3],
    ['add', [{ from: 1 }]],
    ['event', 'hello'],
    ['no more'],
  ])
})

test('what the reader says reaches the enumerator', () => {
  const calls: unknown[] = []
  operatorOf(calls, (context) => {
    context.sendSplitRequest()
    context.sendEventToEnumerator({ lag: 3 })
  }).open()
  assert.deepEqual(calls.slice(1), [
    ['sent', { kind: 'request-split' }],
    ['sent', { kind: 'reader-source-event', event: { lag: 3 } }],
  ])
})

test('polls go to the reader, and close closes it', async () => {
  const calls: unknown[] = []
  const operator = operatorOf(calls)
  operator.open()
  const records: unknown[] = []
  assert.equal(operator.pollNext({ collect: (record) => records.push(record) }, 7), 'end-of-input')
  assert.deepEqual(records, [7])
  await operator.whenAvailable()
  await operator.close()
  assert.deepEqual(calls.at(-1), ['close'])
})

test('a source that was never opened can be closed but not polled', async () => {
  const operator = operatorOf([])
  assert.throws(() => operator.pollNext({ collect: () => {} }, 1), /before it is opened/)
  await operator.close()
})

test('an event of another kind is refused', () => {
  const operator = operatorOf([])
  operator.open()
  const event = encodeSourceEvent({ kind: 'request-split' })
  assert.throws(() => operator.handleEvent(event), { code: 'RPC_MESSAGE_INVALID' })
})

/** Reads numbers out of ranges; asks for a range where it has none. */
function sequenceOperator(sent: unknown[]): SourceOperator<number> {
  const source = new SequenceSource({ from: 1, to: 10 }, new CallSite(sequenceOperator))
  return new SourceOperator(source as Source<number>, {
    subtaskIndex: 0,
    parallelism: 1,
    clock: new ManualClock(),
    logger: silentLogger,
    sendEvent: (event) => void sent.push(decodeEnumeratorEvent(event)),
  })
}

function poll(operator: SourceOperator<number>, countMax: number): readonly number[] {
  const records: number[] = []
  operator.pollNext({ collect: (record) => void records.push(record) }, countMax)
  return records
}

test('a restored reader has its splits before it starts, and goes on behind the last record', async () => {
  const state = new TestOperatorState()
  const operator = sequenceOperator([])
  operator.initializeState(initialization(state))
  operator.open()
  const splits = [{ from: 1, to: 5 }]
  operator.handleEvent(encodeSourceEvent({ kind: 'add-splits', splits }))
  assert.deepEqual(poll(operator, 3), [1, 2, 3])
  const snapshot = await performCheckpoint(operator, state, 1)
  assert.deepEqual(poll(operator, 3), [4, 5])

  const sent: unknown[] = []
  const restored = sequenceOperator(sent)
  const restoredState = new TestOperatorState(snapshot)
  restored.initializeState(initialization(restoredState, { restoredCheckpointId: 1 }))
  restored.open()
  assert.deepEqual(sent, [])
  assert.deepEqual(poll(restored, 10), [4, 5])
  assert.deepEqual(sent, [{ kind: 'request-split' }])
  const again = await performCheckpoint(restored, restoredState, 2)
  const last = sequenceOperator(sent)
  last.initializeState(initialization(new TestOperatorState(again), { restoredCheckpointId: 2 }))
  last.open()
  assert.deepEqual(poll(last, 10), [])
  assert.equal(sent.length, 2)
})

test('a source that had been finished makes no reader and asks for nothing', async () => {
  const sent: unknown[] = []
  const operator = sequenceOperator(sent)
  const state = new TestOperatorState()
  operator.initializeState(initialization(state, { restoredCheckpointId: 1, isFinished: true }))
  operator.open()
  operator.handleEvent(encodeSourceEvent({ kind: 'no-more-splits' }))
  assert.equal(operator.pollNext({ collect: () => assert.fail() }, 1), 'end-of-input')
  const splits = encodeSourceEvent({ kind: 'add-splits', splits: [{ from: 1, to: 5 }] })
  assert.throws(() => operator.handleEvent(splits), { code: 'SOURCE_FAILED' })
  await performCheckpoint(operator, state, 2)
  await operator.close()
  assert.deepEqual(sent, [])
})
