import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { LogBuffer } from './log-buffer.ts'
import { PinoLogger } from './pino-logger.ts'

async function logged(format: 'json' | 'pretty') {
  const written: string[] = []
  const buffer = new LogBuffer(3)
  const write = (text: string): number => written.push(text)
  const logger = await PinoLogger.create({ level: 'info', format, buffer, write })
  return { logger, written, buffer }
}

test('a line is an event with its time, its level and all fields', async () => {
  const { logger, written, buffer } = await logged('json')
  const failure = new MillraceError('KEY_INVALID', 'no key')
  logger.child({ jobId: 'j1' }).child({ subtask: 2 }).warn('task failed', { failure, n: 1 })
  logger.debug('not wanted')
  assert.equal(written.length, 1)
  assert.deepEqual(buffer.latest(10), [written[0]?.trimEnd()])
  const line = JSON.parse(written[0] ?? '')
  assert.equal(line.level, 'warn')
  assert.equal(line.event, 'task failed')
  assert.equal(line.jobId, 'j1')
  assert.equal(line.subtask, 2)
  assert.equal(line.failure.code, 'KEY_INVALID')
  assert(!Number.isNaN(Date.parse(line.time)))
})

test('the buffer holds JSON also where the terminal shows pretty lines', async () => {
  const { logger, written, buffer } = await logged('pretty')
  logger.info('slot started', { slot: 1 })
  assert.match(written[0] ?? '', /INFO.*slot started/)
  assert.equal(JSON.parse(buffer.latest(1)[0] ?? '').slot, 1)
})

test('the buffer keeps the newest lines in order', () => {
  const buffer = new LogBuffer(3)
  for (const line of ['a', 'b']) buffer.push(line)
  assert.deepEqual(buffer.latest(9), ['a', 'b'])
  for (const line of ['c', 'd', 'e']) buffer.push(line)
  assert.deepEqual(buffer.latest(9), ['c', 'd', 'e'])
  assert.deepEqual(buffer.latest(2), ['d', 'e'])
  assert.deepEqual(buffer.latest(0), [])
})
