import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/core'
import type { SourceReader, SourceReaderContext } from '../source/source.ts'
import { decodeEnumeratorEvent, encodeSourceEvent } from '../source/source-event.ts'
import { ManualClock } from './clock-test-support.ts'
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
