import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, OperatorId } from '@millrace/core'
import { recordingLogger, settlePromises, TaskExecutorWorld } from './task-executor-test-support.ts'

async function withTask() {
  const world = new TaskExecutorWorld()
  world.start()
  const job = world.job()
  const allocationId = world.allocate(0, job)
  await settlePromises()
  const task = world.submit(allocationId, job)
  return { world, job, allocationId, task, thread: world.threadOf(0), session: world.session }
}

test('slots are reported free when their threads are ready, and one spare is kept', () => {
  const world = new TaskExecutorWorld()
  world.executor.start()
  world.executor.onRegistered(world.session)
  deepEqual(
    world.session.lastReport.map(({ state }) => state),
    ['starting', 'starting'],
  )
  equal(world.host.alive.length, 2, 'the spare waits for the slots')
  world.host.settle()
  deepEqual(
    world.session.lastReport.map(({ state, incarnation }) => `${state} ${incarnation}`),
    ['free 1', 'free 1'],
  )
  equal(world.host.alive.length, 3)
})

test('an allocated slot prepares the bundle before it is given tasks', async () => {
  const { world, thread, job, task } = await withTask()
  deepEqual(thread.commandKinds, ['prepare', 'submit-task'])
  const prepare = thread.commands[0]
  ok(prepare?.kind === 'prepare')
  equal(prepare.moduleUrl, `file:///bundles/${job.bundle.hash}.mjs`)
  equal(world.session.lastReport[0]?.state, 'allocated')
  thread.report('RUNNING', task)
  thread.report('FINISHED', task)
  deepEqual(world.session.statesOf(task.attemptId), ['RUNNING', 'FINISHED'])
})

test('a slot whose job has another graph is told so, and keeps its thread', async () => {
  const { world, thread, job, task } = await withTask()
  const [slot] = world.session.lastReport
  const request = {
    kind: 'allocate-slot',
    slotIndex: 0,
    incarnation: slot?.incarnation ?? 0,
    allocationId: task.allocationId,
  } as const
  world.executor.onMessage({ ...request, job })
  deepEqual(thread.commandKinds, ['prepare', 'submit-task'])
  world.executor.onMessage({ ...request, job: { ...job, graphHash: 'other' } })
  const next = world.submit(task.allocationId, job)
  deepEqual(thread.commandKinds, ['prepare', 'submit-task', 'prepare', 'submit-task'])
  const [first, , second] = thread.commands
  ok(first?.kind === 'prepare' && second?.kind === 'prepare')
  equal(second.job.graphHash, 'other')
  equal(second.moduleUrl, first.moduleUrl)
  deepEqual(thread.submitted, [task, next])
})

test('a job that changes before its bundle is there is prepared once, as it is then', async () => {
  const world = new TaskExecutorWorld()
  world.start()
  const job = world.job()
  const allocationId = world.allocate(0, job)
  const incarnation = world.session.lastReport[0]?.incarnation ?? 0
  const changed = { ...job, graphHash: 'other' }
  const slotIndex = 0
  const kind = 'allocate-slot'
  world.executor.onMessage({ kind, slotIndex, incarnation, allocationId, job: changed })
  await settlePromises()
  const thread = world.threadOf(0)
  deepEqual(thread.commandKinds, ['prepare'])
  const [prepare] = thread.commands
  ok(prepare?.kind === 'prepare')
  equal(prepare.job.graphHash, 'other')
})

test('tasks that come before the bundle wait for it in order', async () => {
  const world = new TaskExecutorWorld()
  world.start()
  const job = world.job()
  const allocationId = world.allocate(0, job)
  const first = world.submit(allocationId, job)
  const second = world.submit(allocationId, job)
  const operatorId = OperatorId.parse('source')
  const event = new Uint8Array([1])
  const { attemptId } = second
  world.executor.onMessage({ kind: 'operator-event', attemptId, operatorId, event })
  const thread = world.threadOf(0)
  deepEqual(thread.commandKinds, [])
  await settlePromises()
  deepEqual(thread.commandKinds, ['prepare', 'submit-task', 'submit-task', 'operator-event'])
  deepEqual(thread.submitted, [first, second])
})

test('a task canceled before its bundle is there is CANCELED and never given to the thread', async () => {
  const world = new TaskExecutorWorld()
  world.start()
  const job = world.job()
  const task = world.submit(world.allocate(0, job), job)
  world.executor.onMessage({ kind: 'cancel-task', attemptId: task.attemptId })
  await settlePromises()
  deepEqual(world.session.statesOf(task.attemptId), ['CANCELED'])
  deepEqual(world.threadOf(0).commandKinds, ['prepare'])
})

test('a slot is not allocated at another incarnation than its own', () => {
  const world = new TaskExecutorWorld()
  world.start()
  const before = world.session.sent.length
  const report = world.session.lastReport
  const allocationId = world.allocate(7, world.job())
  equal(world.session.sent.length, before + 1, 'it answers with the slots as they are')
  deepEqual(world.session.lastReport, report)
  world.executor.onMessage({ kind: 'free-slot', allocationId })
  deepEqual(world.session.lastReport, report)
})

test('the end of a lease cancels what is left in it and replaces the thread', async () => {
  const { world, allocationId, task, thread, session } = await withTask()
  world.executor.onMessage({ kind: 'free-slot', allocationId })
  ok(thread.isTerminated)
  deepEqual(session.statesOf(task.attemptId), [], 'not before the thread is gone')
  thread.exit('terminated')
  deepEqual(session.statesOf(task.attemptId), ['CANCELED'])
  const slot = session.lastReport[0]
  deepEqual([slot?.state, slot?.incarnation], ['free', 2], 'the spare is there at once')
  ok(world.threadOf(0) !== thread)
})

test('a thread out of memory fails its tasks, once, before its slot is reported replaced', async () => {
  const { world, task, thread, session, job, allocationId } = await withTask()
  const other = world.submit(allocationId, job)
  thread.report('FINISHED', other)
  const before = session.sent.length
  thread.exit('out-of-memory')
  deepEqual(session.statesOf(task.attemptId), ['FAILED SLOT_OUT_OF_MEMORY'])
  deepEqual(session.statesOf(other.attemptId), ['FINISHED'])
  const message = session.states.at(-1)?.failure?.message ?? ''
  match(message, /1 GB in buffers outside of the heap.*Raise taskmanager\.slot\.heap-size/)
  match(message, /lower state\.backend\.leveldb\.object-cache-size/)
  const kinds = session.sent.slice(before).map(({ kind }) => kind)
  deepEqual(kinds.slice(0, 2), ['task-execution-state', 'slot-report'])
})

test('a thread that runs out of memory while its task is canceled says so', async () => {
  const { world, task, thread, session } = await withTask()
  world.executor.onMessage({ kind: 'cancel-task', attemptId: task.attemptId })
  thread.exit('out-of-memory')
  deepEqual(session.statesOf(task.attemptId), ['FAILED SLOT_OUT_OF_MEMORY'])
})

test('memory that ran out is the reason even where the thread was ended for not canceling', async () => {
  const { world, task, thread, session } = await withTask()
  world.executor.onMessage({ kind: 'cancel-task', attemptId: task.attemptId })
  world.clock.advance(10_000)
  thread.exit('out-of-memory')
  deepEqual(session.statesOf(task.attemptId), ['FAILED SLOT_OUT_OF_MEMORY'])
})

test('process.exit() in user code fails the tasks of its slot with the exit code', async () => {
  const { task, thread, session } = await withTask()
  thread.exit('exited', 3)
  deepEqual(session.statesOf(task.attemptId), ['FAILED SLOT_THREAD_EXITED'])
  match(session.states.at(-1)?.failure?.message ?? '', /exit code 3.*process\.exit/)
})

test('an error outside of any call fails the tasks of its slot and is named', async () => {
  const { task, thread, session } = await withTask()
  thread.exit('error')
  deepEqual(session.statesOf(task.attemptId), ['FAILED SLOT_THREAD_EXITED'])
  match(session.states.at(-1)?.failure?.message ?? '', /Error: boom/)
})

test('a cancel that the thread does not answer ends the thread and all its tasks', async () => {
  const { world, task, thread, session, job, allocationId } = await withTask()
  const other = world.submit(allocationId, job)
  world.executor.onMessage({ kind: 'cancel-task', attemptId: task.attemptId })
  deepEqual(thread.commandKinds.at(-1), 'cancel-task')
  world.clock.advance(9999)
  ok(!thread.isTerminated)
  world.clock.advance(1)
  ok(thread.isTerminated)
  thread.exit('terminated')
  deepEqual(session.statesOf(task.attemptId), ['CANCELED'])
  deepEqual(session.statesOf(other.attemptId), ['FAILED TASK_CANCELLATION_TIMEOUT'])
})

test('a cancel that is answered ends nothing else', async () => {
  const { world, task, thread, session } = await withTask()
  world.executor.onMessage({ kind: 'cancel-task', attemptId: task.attemptId })
  thread.report('CANCELED', task)
  world.clock.advance(60_000)
  deepEqual(session.statesOf(task.attemptId), ['CANCELED'])
  ok(!thread.isTerminated)
})

test('a thread that survives its termination is fatal', async () => {
  const { world, allocationId } = await withTask()
  world.executor.onMessage({ kind: 'free-slot', allocationId })
  world.clock.advance(5000)
  deepEqual(
    world.fatalErrors.map(({ code }) => code),
    ['TASK_CANCELLATION_TIMEOUT'],
  )
})

test('when the session closes every task ends and the next session finds no trace of it', async () => {
  const { world, task, thread, session } = await withTask()
  const sent = session.sent.length
  world.executor.onClosed('fenced')
  ok(thread.isTerminated)
  const next = world.register()
  deepEqual(
    next.lastReport.map(({ state, incarnation }) => `${state} ${incarnation}`),
    ['starting 2', 'free 1'],
    'a slot is not free before its old thread is gone',
  )
  thread.report('FINISHED', task)
  thread.exit('terminated')
  equal(next.lastReport[0]?.state, 'free')
  equal(session.sent.length, sent)
  deepEqual(next.states, [])
  world.executor.onMessage({ kind: 'cancel-task', attemptId: task.attemptId })
  deepEqual(next.states, [])
})

test('a bundle that arrives after the session has closed is not used', async () => {
  const world = new TaskExecutorWorld()
  world.start()
  const job = world.job()
  const task = world.submit(world.allocate(0, job), job)
  const thread = world.threadOf(0)
  world.executor.onClosed('JobManager gone')
  await settlePromises()
  deepEqual(thread.commandKinds, [])
  const next = world.register()
  world.host.settle()
  deepEqual(next.statesOf(task.attemptId), [])
})

test('a bundle that cannot be stored fails the task, and the next attempt tries again', async () => {
  const world = new TaskExecutorWorld()
  world.start()
  world.fileSystem.writeError = new Error('ENOSPC: no space left on device')
  const job = world.job()
  const allocationId = world.allocate(0, job)
  const first = world.submit(allocationId, job)
  await settlePromises()
  deepEqual(world.session.statesOf(first.attemptId), ['FAILED BUNDLE_STORE_FULL'])
  match(
    world.session.states.at(-1)?.failure?.message ?? '',
    /\/bundles .*16 bytes|16 bytes.*\/bundles/,
  )
  world.fileSystem.writeError = undefined
  const second = world.submit(allocationId, job)
  await settlePromises()
  deepEqual(world.threadOf(0).submitted, [second])
  equal(world.session.lastReport[0]?.state, 'allocated', 'the lease outlives the failure')
})

test('operator events of unknown attempts are dropped and counted', async () => {
  const { world, thread } = await withTask()
  const attemptId = ExecutionAttemptId.parse('other')
  const operatorId = OperatorId.parse('source')
  const event = new Uint8Array()
  world.executor.onMessage({ kind: 'operator-event', attemptId, operatorId, event })
  equal(world.executor.operatorEventsDropped, 1)
  deepEqual(thread.commandKinds, ['prepare', 'submit-task'])
})

test('what a slot says of its tasks goes up, with the job', async () => {
  const { thread, session, task, job } = await withTask()
  const { attemptId, vertexId, subtaskIndex } = task
  const operatorId = OperatorId.parse('source')
  const event = new Uint8Array([7])
  thread.say({ kind: 'operator-event', attemptId, vertexId, subtaskIndex, operatorId, event })
  const expected = { attemptId, vertexId, subtaskIndex, operatorId, event, jobId: job.jobId }
  deepEqual(session.sent.at(-1), { kind: 'operator-event', ...expected })
})

test('lines of the log are sent when asked for', () => {
  const world = new TaskExecutorWorld()
  world.start()
  world.executor.onMessage({ kind: 'request-log', requestId: 5, lineCountMax: 2 })
  deepEqual(world.session.sent.at(-1), { kind: 'log', requestId: 5, lines: ['line 0', 'line 1'] })
})

test('what a slot thread logs is logged with the job, the slot and its own fields', async () => {
  const lines: unknown[] = []
  const world = new TaskExecutorWorld({}, recordingLogger(lines))
  world.start()
  const thread = world.threadOf(0)
  const say = (event: string): void => {
    thread.say({ kind: 'log', level: 'warn', event, fields: { vertex: 'count' } })
  }
  say('before')
  const job = world.job()
  world.allocate(0, job)
  say('during')
  deepEqual(lines, [
    ['warn', 'before', { vertex: 'count' }],
    ['warn', 'during', { jobId: job.jobId, slotIndex: 0, vertex: 'count' }],
  ])
})

test('threads that die before they serve are started again after growing pauses', () => {
  const world = new TaskExecutorWorld({ slotCount: 1 })
  world.executor.start()
  const startsWithin = (ms: number): number => {
    const before = world.host.threads.length
    for (let i = 0; i < ms; i++) {
      for (const thread of world.host.alive) thread.exit('error')
      world.clock.advance(1)
    }
    return world.host.threads.length - before
  }
  const first = startsWithin(1000)
  const later = startsWithin(1000)
  ok(first >= 3 && first <= 8, `${first} starts in the first second`)
  ok(later <= 2, `${later} starts in the second second`)
  world.clock.advance(20_000)
  world.executor.onRegistered(world.session)
  world.host.settle()
  equal(world.session.lastReport[0]?.state, 'free')
})

test('close cancels tasks, ends all threads, and then the session', async () => {
  const { world, task, thread, session } = await withTask()
  const closed = world.executor.close()
  deepEqual(thread.commandKinds.at(-1), 'cancel-task')
  thread.report('CANCELED', task)
  await settlePromises()
  equal(session.closedFor, undefined)
  world.host.settle()
  await closed
  equal(session.closedFor, 'the TaskManager was shut down')
  equal(world.host.alive.length, 0)
  equal(world.clock.timerCount, 0)
  deepEqual(session.statesOf(task.attemptId), [], 'the end of the session says it')
})

test('close does not wait for ever for a task', async () => {
  const { world, session } = await withTask()
  const closed = world.executor.close()
  world.clock.advance(2000)
  await settlePromises()
  world.host.settle()
  await closed
  ok(session.closedFor !== undefined)
})

test('a TaskManager that closes takes no task any more', async () => {
  const { world, session, job, allocationId } = await withTask()
  const closed = world.executor.close()
  const late = world.submit(allocationId, job)
  deepEqual(session.statesOf(late.attemptId), ['FAILED TASK_DEPLOYMENT_FAILED'])
  world.clock.advance(2000)
  await settlePromises()
  world.host.settle()
  await closed
})
