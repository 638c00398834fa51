import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  CheckpointMetrics,
  ExecutionAttemptId,
  JobInformation,
  TaskDeployment,
} from '@millrace/core'
import { settlePromises, TaskExecutorWorld } from './task-executor-test-support.ts'

const sessionGapMs = 10 * 60_000
const bytes = Uint8Array.of(1)

function withTask() {
  const world = new TaskExecutorWorld()
  world.start()
  const job = backedUp(world.job())
  const allocationId = world.allocate(0, job)
  const task = world.submit(allocationId, job)
  return { world, job, task, thread: world.threadOf(0) }
}

function backedUp(job: JobInformation): JobInformation {
  const checkpointing = {
    mode: 'EXACTLY_ONCE' as const,
    directory: '/checkpoints',
    inlineSizeMaxBytes: 0,
    isUnaligned: false,
    alignedTimeoutMs: 0,
    isBackedUpLocally: true,
  }
  return { ...job, state: { ...job.state, checkpointing } }
}

function segment(attemptId: ExecutionAttemptId, checkpointId: number): string {
  return `${attemptId}/${checkpointId}-${'0'.repeat(64)}`
}

/** The thread has written these and acknowledges the last one with all of them. */
function acknowledge(
  { world, job, thread }: ReturnType<typeof withTask>,
  { attemptId, jobId, vertexId }: TaskDeployment,
  checkpointIds: readonly number[],
): void {
  const checkpointId = checkpointIds.at(-1) ?? 0
  const names = checkpointIds.map((id) => segment(attemptId, id))
  world.fileSystem.files.set(`/local-backup/${job.jobId}/${names.at(-1)}`, bytes)
  const segments = names.map((name) => ({
    name,
    sizeBytes: 1,
    checkpointId,
    replaces: { start: 0, end: 0 },
    recordCount: 1,
  }))
  const keyed = { keyGroups: { start: 0, end: 1 }, segments }
  const operators = [{ operatorId: vertexId as never, keyed, operator: undefined }]
  thread.say({
    kind: 'acknowledge-checkpoint',
    ...{ jobId, attemptId, checkpointId, metrics: {} as CheckpointMetrics },
    snapshot: { operators, channels: [], isFinished: false },
  })
}

function complete({ world, task }: ReturnType<typeof withTask>, checkpointId: number): void {
  const attemptIds = [task.attemptId]
  world.executor.onMessage({ kind: 'notify-checkpoint-complete', attemptIds, checkpointId })
}

async function copies({ world }: ReturnType<typeof withTask>): Promise<readonly string[]> {
  for (let turn = 0; turn < 5; turn++) await settlePromises()
  return [...world.fileSystem.files.keys()].filter((path) => path.startsWith('/local-backup/'))
}

test('copies that the newest completed checkpoint does not name are deleted', async () => {
  const setting = withTask()
  const { job, task } = setting
  acknowledge(setting, task, [1])
  complete(setting, 1)
  acknowledge(setting, task, [1, 2])
  complete(setting, 2)
  assert.equal((await copies(setting)).length, 2)
  acknowledge(setting, task, [2, 3])
  assert.equal((await copies(setting)).length, 3, 'checkpoint 3 may come to nothing')
  complete(setting, 3)
  const left = [2, 3].map((id) => `/local-backup/${job.jobId}/${segment(task.attemptId, id)}`)
  assert.deepEqual(await copies(setting), left)
})

test('the copies of a job that is over are deleted, and those of others stay', async () => {
  const setting = withTask()
  const { world, job, task } = setting
  acknowledge(setting, task, [1])
  const other = `/local-backup/other/attempt/1-${'0'.repeat(64)}`
  world.fileSystem.files.set(other, bytes)
  world.executor.onMessage({ kind: 'release-job', jobId: job.jobId })
  assert.deepEqual(await copies(setting), [other])
})

test('what an earlier process left is deleted at the start', async () => {
  const world = new TaskExecutorWorld()
  world.fileSystem.files.set('/local-backup/old/attempt/1-x', bytes)
  world.start()
  await settlePromises()
  await settlePromises()
  assert.deepEqual([...world.fileSystem.files.keys()], [])
})

test('copies wait for a JobManager that comes back, for a bounded time', async () => {
  for (const isBack of [true, false]) {
    const setting = withTask()
    const { world, job, task } = setting
    acknowledge(setting, task, [1])
    world.executor.onClosed('the JobManager is gone')
    world.host.settle()
    world.clock.advance(sessionGapMs - 1)
    assert.equal((await copies(setting)).length, 1)
    if (isBack) {
      world.register()
      world.allocate(1, job)
    }
    world.clock.advance(1)
    assert.equal((await copies(setting)).length, isBack ? 1 : 0)
  }
})
