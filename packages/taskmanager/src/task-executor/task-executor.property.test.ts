import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { AllocationId, JobInformation, TaskDeployment, ThreadExitReason } from '@millrace/core'
import fc from 'fast-check'
import type { RecordingSession } from './recording-session-test-support.ts'
import type { ScriptedThread } from './scripted-thread-test-support.ts'
import { settlePromises, TaskExecutorWorld } from './task-executor-test-support.ts'

const slotCount = 3
const terminalStates = ['FINISHED', 'CANCELED', 'FAILED'] as const

type Operation =
  | { readonly kind: 'allocate'; readonly slotIndex: number }
  | { readonly kind: 'free' | 'submit' | 'cancel'; readonly pick: number }
  | { readonly kind: 'task-ends'; readonly pick: number; readonly state: number }
  | { readonly kind: 'thread-dies'; readonly pick: number; readonly reason: ThreadExitReason }
  | { readonly kind: 'settle-threads' | 'settle-promises' | 'new-session' | 'bad-disk' }
  | { readonly kind: 'time'; readonly ms: number }

const pick = fc.nat(1000)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('allocate'), slotIndex: fc.nat(2) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('submit'), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('free', 'cancel'), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('task-ends'), pick, state: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('thread-dies'),
      pick,
      reason: fc.constantFrom<ThreadExitReason>('out-of-memory', 'exited', 'error', 'terminated'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('settle-threads', 'settle-promises') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('new-session', 'bad-disk') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time'), ms: fc.nat(12_000) }) },
)

interface Submission {
  readonly task: TaskDeployment
  readonly session: RecordingSession
  /** The lease was there when the task came. */
  readonly isAccepted: boolean
}

/** A JobManager that does anything at all, and remembers what it did. */
class Model {
  readonly world: TaskExecutorWorld = new TaskExecutorWorld({ slotCount })
  readonly leases: { readonly id: AllocationId; readonly job: JobInformation }[] = []
  readonly submissions: Submission[] = []

  async run(each: Operation): Promise<void> {
    const { world } = this
    switch (each.kind) {
      case 'allocate': {
        const job = world.job()
        const id = world.allocate(each.slotIndex, job)
        if (this.#isLeased(id)) this.leases.push({ id, job })
        return
      }
      case 'free': {
        const lease = recent(this.leases, each.pick)
        if (lease !== undefined) {
          world.executor.onMessage({ kind: 'free-slot', allocationId: lease.id })
        }
        return
      }
      case 'submit':
        this.#submit(each.pick)
        return
      case 'cancel': {
        const attemptId = recent(this.submissions, each.pick)?.task.attemptId
        if (attemptId !== undefined) world.executor.onMessage({ kind: 'cancel-task', attemptId })
        return
      }
      case 'task-ends':
        this.#endTask(each.pick, terminalStates[each.state] ?? 'FINISHED')
        return
      case 'thread-dies': {
        const thread = world.host.alive[each.pick % world.host.alive.length]
        thread?.exit(each.reason)
        return
      }
      case 'settle-threads':
        world.host.settle()
        return
      case 'settle-promises':
        await settlePromises()
        return
      case 'new-session':
        world.executor.onClosed('test')
        world.register()
        return
      case 'bad-disk':
        world.fileSystem.writeError =
          world.fileSystem.writeError === undefined ? new Error('ENOSPC') : undefined
        world.fileSystem.files.clear()
        return
      case 'time':
        world.clock.advance(each.ms)
    }
  }

  #submit(picked: number): void {
    const lease = recent(this.leases, picked)
    if (lease === undefined) return
    const { session } = this.world
    const isAccepted = this.#isLeased(lease.id)
    const task = this.world.submit(lease.id, lease.job)
    this.submissions.push({ task, session, isAccepted })
  }

  #isLeased(id: AllocationId): boolean {
    return this.world.session.lastReport.some(({ allocationId }) => allocationId === id)
  }

  #endTask(picked: number, state: (typeof terminalStates)[number]): void {
    const running = this.world.host.alive.flatMap((thread) =>
      thread.isTerminated ? [] : thread.submitted.map((task) => ({ thread, task })),
    )
    const chosen = running[picked % running.length]
    // A thread that says it again is not believed.
    chosen?.thread.report(state, chosen.task)
  }

  checkThreads(): void {
    const { host } = this.world
    ok(host.alive.length <= slotCount + 1, `${host.alive.length} threads are alive`)
    for (const thread of host.threads) checkThread(thread)
    const addresses = this.world.session.lastReport.map(({ dataAddress }) => dataAddress)
    const used = addresses.filter((address) => address !== '')
    equal(new Set(used).size, used.length, 'two slots never share a thread')
  }

  checkReports(): void {
    for (const { task, session, isAccepted } of this.submissions) {
      const terminal = session.states.filter(
        ({ attemptId, state }) =>
          attemptId === task.attemptId && terminalStates.some((each) => each === state),
      )
      const isLive = session === this.world.session
      if (isLive) equal(terminal.length, isAccepted ? 1 : 0, task.attemptId)
      else ok(terminal.length <= 1, task.attemptId)
    }
  }
}

/** One of the newest: the others are over, mostly. */
function recent<T>(all: readonly T[], picked: number): T | undefined {
  return all[all.length - 1 - (picked % Math.min(6, all.length))]
}

function checkThread(thread: ScriptedThread): void {
  const prepared = thread.commandKinds.filter((kind) => kind === 'prepare').length
  ok(prepared <= 1, `${thread.name} prepared ${prepared} jobs`)
  ok(thread.commands.length === 0 || thread.commandKinds[0] === 'prepare')
  const leases = new Set(thread.submitted.map(({ allocationId }) => allocationId))
  ok(leases.size <= 1, `${thread.name} served ${leases.size} leases`)
}

test('whatever happens, every task is reported once and no thread serves twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 80, size: 'max' }), async (operations) => {
      const model = new Model()
      const { world } = model
      world.start()
      for (const each of operations) {
        await model.run(each)
        model.checkThreads()
      }
      for (const { id } of model.leases) {
        world.executor.onMessage({ kind: 'free-slot', allocationId: id })
      }
      await settlePromises()
      world.host.settle()
      world.clock.advance(60_000)
      world.host.settle()
      model.checkReports()
      deepEqual(
        world.session.lastReport.map(({ state }) => state),
        Array.from({ length: slotCount }, () => 'free'),
      )
      const closed = world.executor.close()
      await settlePromises()
      world.host.settle()
      await closed
      equal(world.clock.timerCount, 0, 'no timer is left behind')
    }),
    { numRuns: 200 },
  )
})
