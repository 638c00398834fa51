import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../fake-clock-test-support.ts'
import { Mailbox, type MailboxTask } from './mailbox.ts'

/** A task with so much input and so many polls left. */
function taskOf(
  name: string,
  log: string[],
  work: { input: number; polls: number; order?: number },
) {
  const task: MailboxTask & { busyMs: number; parkedMs: number } = {
    order: work.order ?? 0,
    busyMs: 0,
    parkedMs: 0,
    processInput: () => {
      if (work.input === 0) return false
      work.input--
      log.push(`${name} input`)
      return true
    },
    processSource: () => {
      if (work.polls === 0) return false
      work.polls--
      log.push(`${name} poll`)
      return true
    },
    flush: () => log.push(`${name} flush`),
    settle: () => log.push(`${name} settle`),
    account: (elapsedMs, isParked) => {
      if (isParked) task.parkedMs += elapsedMs
      else task.busyMs += elapsedMs
    },
  }
  return task
}

function mailboxOf(bufferTimeoutMs = 5) {
  const clock = new FakeClock()
  const errors: unknown[] = []
  const mailbox = new Mailbox(clock, bufferTimeoutMs, (error) => errors.push(error))
  const run = () => {
    while (clock.runImmediates());
  }
  return { clock, mailbox, errors, run }
}

test('mails come before input, input before sources, consumers before producers', () => {
  const log: string[] = []
  const { mailbox, run } = mailboxOf()
  mailbox.add(taskOf('producer', log, { input: 1, polls: 2, order: 0 }))
  mailbox.add(taskOf('consumer', log, { input: 1, polls: 0, order: -1 }))
  mailbox.post(() => log.push('mail'))
  run()
  assert.deepEqual(log.slice(0, 5), [
    'mail',
    'consumer input',
    'producer input',
    'producer poll',
    'producer poll',
  ])
})

test('it parks after it has flushed and settled, and does nothing until it is woken', () => {
  const log: string[] = []
  const work = { input: 0, polls: 1 }
  const { mailbox, run, clock } = mailboxOf()
  mailbox.add(taskOf('task', log, work))
  run()
  assert.deepEqual(log, ['task poll', 'task flush', 'task settle'])
  assert.equal(clock.runImmediates(), false)
  work.input = 1
  mailbox.wake()
  mailbox.wake()
  run()
  assert.deepEqual(log.slice(3), ['task input', 'task flush', 'task settle'])
})

test('a busy loop yields, and flushes once the time-out is over', () => {
  const log: string[] = []
  const { mailbox, clock } = mailboxOf(5)
  const task = taskOf('task', log, { input: Number.POSITIVE_INFINITY, polls: 0 })
  mailbox.add(task)
  clock.runImmediates()
  assert.ok(log.length > 1 && !log.includes('task flush'))
  clock.advance(6)
  clock.runImmediates()
  assert.ok(log.includes('task flush'))
  assert.equal(task.busyMs, 6)
})

test('with a time-out of 0 everything leaves after each step, with -1 only at the end', () => {
  for (const [timeout, flushes] of [
    [0, true],
    [-1, false],
  ] as const) {
    const log: string[] = []
    const { mailbox, run } = mailboxOf(timeout)
    mailbox.add(taskOf('task', log, { input: 2, polls: 0 }))
    run()
    assert.equal(log.filter((entry) => entry === 'task flush').length > 0, flushes)
  }
})

test('a mail that throws does not stop the others', () => {
  const log: string[] = []
  const { mailbox, run, errors } = mailboxOf()
  mailbox.post(() => {
    throw new Error('no')
  })
  mailbox.post(() => log.push('second'))
  run()
  assert.deepEqual(log, ['second'])
  assert.equal(errors.length, 1)
})

test('time that was spent parked is told apart', () => {
  const { mailbox, run, clock } = mailboxOf()
  const task = taskOf('task', [], { input: 0, polls: 0 })
  mailbox.add(task)
  run()
  clock.advance(100)
  mailbox.account()
  assert.equal(task.parkedMs, 100)
})

test('after it was closed nothing runs', () => {
  const log: string[] = []
  const { mailbox, run } = mailboxOf()
  mailbox.add(taskOf('task', log, { input: 1, polls: 1 }))
  mailbox.post(() => log.push('mail'))
  mailbox.close()
  run()
  mailbox.wake()
  run()
  assert.deepEqual(log, [])
})
