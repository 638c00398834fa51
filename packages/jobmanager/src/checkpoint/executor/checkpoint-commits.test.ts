import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorInfo, errorInfo, JobId, MillraceError, silentLogger } from '@millrace/core'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { ManualClock } from '../../manual-clock-test-support.ts'
import { MemoryFileSystem } from '../../memory-file-system-test-support.ts'
import { metricsOfTest } from '../coordinator/checkpoint-bench-test-support.ts'
import { CheckpointCommits } from './checkpoint-commits.ts'
import { CheckpointHistory } from './checkpoint-history.ts'
import { noCheckpointLog } from './job-checkpoint-log.ts'

const tooLong: ErrorInfo = errorInfo(new MillraceError('CHECKPOINT_FAILED', 'it takes too long'))

/** Commits that wait where a test says so: `gates` by what they wait for. */
class Bench {
  readonly clock = new ManualClock()
  readonly files = new MemoryFileSystem()
  /** In order, what the log was told and what was answered. */
  readonly seen: string[] = []
  readonly gates: {
    confirm?: Promise<void>
    name?: Promise<void>
    remember?: Promise<void>
    discard?: () => Promise<void>
  } = {}
  readonly commits: CheckpointCommits

  constructor() {
    const storage = new FileSystemCheckpointStorage(this.files, '/checkpoints/job')
    const create = storage.create.bind(storage)
    storage.create = async (name, content, confirm) => {
      await confirm?.()
      await this.gates.name
      return create(name, content)
    }
    const world = {
      jobId: JobId.parse('a'.repeat(32)),
      jobName: 'job',
      clock: this.clock,
      logger: silentLogger,
      storage,
      storageOf: (location: string) => new FileSystemCheckpointStorage(this.files, location),
      log: {
        ...noCheckpointLog,
        confirmLeadership: async () => this.gates.confirm,
        onCompleted: async ({ checkpointId }: { checkpointId: number }) => {
          this.seen.push(`remember ${checkpointId}`)
          await this.gates.remember
        },
        onDiscarded: async (ids: readonly number[]) => {
          this.seen.push(`discard ${ids.join()}`)
          await this.gates.discard?.()
        },
      },
      taskExecutor: () => undefined,
      jobHost: { post: () => {} },
      handle: (event: { kind: string; checkpointId?: number; failure?: ErrorInfo | undefined }) => {
        this.seen.push(event.kind)
      },
    }
    this.commits = new CheckpointCommits(world, new CheckpointHistory(this.clock))
  }

  async store(...checkpointIds: readonly number[]): Promise<void> {
    for (const checkpointId of checkpointIds) {
      const metrics = metricsOfTest
      this.commits.store({ checkpointId, vertices: [], coordinators: [], metrics })
    }
    await flush()
  }

  get metadata(): readonly string[] {
    return [...this.files.files.keys()]
  }
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('what is given up while it gets its name is never remembered, and answered once', async () => {
  const bench = new Bench()
  const name = Promise.withResolvers<void>()
  bench.gates.name = name.promise
  await bench.store(1)
  bench.commits.giveUp(1, tooLong)
  assert.deepEqual(bench.seen, ['checkpoint-not-stored'], 'at once')
  name.resolve()
  await bench.commits.untilIdle()
  assert.deepEqual(bench.metadata, ['/checkpoints/job/chk-1/_metadata'])
  assert.deepEqual(bench.seen, ['checkpoint-not-stored'])
})

test('what is given up before it gets its name does not get one', async () => {
  const bench = new Bench()
  const confirm = Promise.withResolvers<void>()
  bench.gates.confirm = confirm.promise
  await bench.store(1, 2)
  bench.commits.giveUp(1, tooLong)
  bench.commits.giveUp(2, tooLong)
  confirm.resolve()
  await bench.commits.untilIdle()
  assert.deepEqual(bench.metadata, [])
  assert.deepEqual(bench.seen, ['checkpoint-not-stored', 'checkpoint-not-stored'])
  await bench.store(3)
  assert.deepEqual(bench.seen.slice(2), ['remember 3', 'checkpoint-stored'])
})

test('what is just being remembered is not given up: its outcome is awaited', async () => {
  const bench = new Bench()
  const remember = Promise.withResolvers<void>()
  bench.gates.remember = remember.promise
  await bench.store(1)
  bench.commits.giveUp(1, tooLong)
  assert.deepEqual(bench.seen, ['remember 1'])
  remember.resolve()
  await bench.commits.untilIdle()
  assert.deepEqual(bench.seen, ['remember 1', 'checkpoint-stored'])
})

test('what may have been remembered fails when it is struck out, and not before', async () => {
  const bench = new Bench()
  bench.gates.remember = Promise.reject(new MillraceError('FILE_READ_FAILED', 'no answer'))
  bench.gates.discard = () => Promise.reject(new MillraceError('FILE_WRITE_FAILED', 'no answer'))
  await bench.store(1)
  assert.deepEqual(bench.seen, ['remember 1', 'discard 1'])
  bench.clock.advance(100)
  await flush()
  assert.deepEqual(bench.seen, ['remember 1', 'discard 1', 'discard 1'])
  bench.gates.discard = () => Promise.resolve()
  bench.clock.advance(10_000)
  await bench.commits.untilIdle()
  assert.deepEqual(bench.seen.slice(3), ['discard 1', 'checkpoint-not-stored'])
})

test('under another leader, or when the job is over, nobody waits for that', async () => {
  for (const isSuperseded of [true, false]) {
    const bench = new Bench()
    const code = isSuperseded ? 'JOB_MANAGER_SUPERSEDED' : 'FILE_WRITE_FAILED'
    bench.gates.remember = Promise.reject(new MillraceError(code, 'no'))
    bench.gates.discard = () => Promise.reject(new MillraceError(code, 'no'))
    await bench.store(1)
    if (!isSuperseded) bench.commits.close()
    await bench.commits.untilIdle()
    assert.deepEqual(bench.seen, ['remember 1', 'discard 1', 'checkpoint-not-stored'])
    assert.equal(bench.clock.timerCount, 0)
  }
})

test('metadata gets no name where another JobManager leads', async () => {
  const bench = new Bench()
  bench.gates.confirm = Promise.reject(new MillraceError('JOB_MANAGER_SUPERSEDED', 'not any more'))
  await bench.store(1)
  assert.deepEqual(bench.metadata, [])
  assert.deepEqual(bench.seen, ['checkpoint-not-stored'])
})
