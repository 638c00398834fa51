import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { type Logger, silentLogger } from '@millrace/core'
import { testSinkContract } from '../sink-contract-test-support.ts'
import { sinkWriterContext } from '../sink-test-support.ts'
import { DiscardSink } from './discard-sink.ts'

testSinkContract({
  name: 'discard',
  create: async () => ({ open: () => new DiscardSink<number>(), visible: undefined }),
  records: [1, 2, 3],
  isTwoPhase: false,
})

test('what is discarded is counted and said at the end', async () => {
  const said: unknown[] = []
  const logger: Logger = { ...silentLogger, info: (event, fields) => said.push([event, fields]) }
  const writer = new DiscardSink<number>().createWriter(sinkWriterContext({ logger }))
  for (let i = 0; i < 3; i++) writer.write(i)
  await writer.flush(true)
  await writer.close()
  deepEqual(said, [['records discarded', { recordCount: 3 }]])
})
