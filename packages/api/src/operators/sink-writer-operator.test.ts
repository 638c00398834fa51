import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeGeneric, encodeGeneric } from '@millrace/core'
import type { Sink, SinkWriter, SinkWriterContext } from '../sink/sink.ts'
import { sinkRun } from './chain-test-support.ts'

function recordingSink(calls: unknown[], writer: Partial<SinkWriter<unknown>> = {}): Sink<unknown> {
  return {
    kind: 'recording',
    createWriter: async (context: SinkWriterContext) => {
      await Promise.resolve()
      calls.push(['create', context.operatorName, context.subtaskIndex])
      return {
        write: (record) => void calls.push(['write', record]),
        flush: (isEndOfInput) => void calls.push(['flush', isEndOfInput]),
        close: () => void calls.push(['close']),
        handleEvent: (event) => void calls.push(['event', event]),
        ...writer,
      }
    },
  }
}

test('a sink writes each record, flushes at the end of input and closes', async () => {
  const calls: unknown[] = []
  const { run, operator } = sinkRun(recordingSink(calls))
  await run.open()
  assert.deepEqual(run.run(['a', 'b']), [])
  operator.handleEvent(encodeGeneric({ kind: 'hello' }))
  await operator.finish()
  await operator.close()
  assert.deepEqual(calls, [
    ['create', 'operator', 0],
    ['write', 'a'],
    ['write', 'b'],
    ['event', { kind: 'hello' }],
    ['flush', true],
    ['close'],
  ])
})

test('a sink is blocked while its writer is', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let blocked: Promise<void> | undefined = promise
  const { run, operator } = sinkRun(recordingSink([], { blocked: () => blocked }))
  assert.equal(operator.blocked(), undefined)
  await run.open()
  assert.equal(operator.blocked(), promise)
  resolve()
  blocked = undefined
  assert.equal(operator.blocked(), undefined)
})

test('a writer sends events to its coordinator', async () => {
  const sent: unknown[] = []
  const sink: Sink<unknown> = {
    kind: 'sending',
    createWriter: (context) => {
      context.sendEventToCoordinator({ n: 1 })
      return { write: () => {}, flush: () => {}, close: () => {} }
    },
  }
  const { run } = sinkRun(sink, { sendEvent: (event) => sent.push(decodeGeneric(event)) })
  await run.open()
  assert.deepEqual(sent, [{ n: 1 }])
})

test('a sink whose writer could not be made can be closed', async () => {
  const sink: Sink<unknown> = {
    kind: 'broken',
    createWriter: () => Promise.reject(new Error('no such folder')),
  }
  const { run, operator } = sinkRun(sink)
  await assert.rejects(run.open(), /no such folder/)
  await operator.close()
})
