import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ErrorCode,
  type ErrorInfo,
  errorInfo,
  isGloballyTerminal,
  type JobGraph,
  type JobId,
  MillraceError,
  OperatorId,
  randomBelow,
  SeededRandom,
  silentLogger,
} from '@millrace/core'
import { FileSystemCheckpointStorage } from '@millrace/state'
import fc from 'fast-check'
import {
  metricsOfTest,
  snapshotOf,
} from './checkpoint/coordinator/checkpoint-bench-test-support.ts'
import { sketchBundle } from './dispatcher/bundle-sketch-test-support.ts'
import { sketchGraph } from './execution-graph/graph-sketch-test-support.ts'
import { NoHighAvailability } from './high-availability/no-high-availability.ts'
import { JobManager } from './job-manager.ts'
import { jobManagerOptionsDefault } from './job-manager-options.ts'
import { ScriptedThreadHost } from './job-master/scripted-job-host-test-support.ts'
import { ManualClock } from './manual-clock-test-support.ts'
import { MemoryFileSystem } from './memory-file-system-test-support.ts'
import { FakeTaskManager } from './resource-manager/fake-task-manager-test-support.ts'

// Goal: whatever fails, and in whatever order messages arrive, no subtask runs twice at a time, no
// slot is leased twice or lost, and every job reaches its end once nothing fails any more.
// Method: a whole JobManager with TaskManagers that speak the protocol; a seed chooses every step.

const restarts = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '1000',
}
const checkpoints = {
  'restart-strategy.fixed-delay.delay': '20 ms',
  'execution.checkpointing.interval': '300 ms',
  'execution.checkpointing.dir': '/checkpoints',
  'execution.checkpointing.tolerable-failed-checkpoints': '1000',
}

const graphs: readonly JobGraph[] = [
  sketchGraph([{ name: 'alone', parallelism: 1 }], []),
  sketchGraph(
    [
      { name: 'source', parallelism: 3 },
      { name: 'sink', parallelism: 3 },
    ],
    [['source', 'sink', 'forward']],
  ),
  sketchGraph(
    [
      { name: 'source', parallelism: 2 },
      { name: 'count', parallelism: 3 },
      { name: 'sink', parallelism: 1, group: 'sinks' },
    ],
    [
      ['source', 'count', 'hash'],
      ['count', 'sink', 'rebalance'],
    ],
  ),
  sketchGraph(
    [
      { name: 'left', parallelism: 2 },
      { name: 'right', parallelism: 2 },
    ],
    [],
    restarts,
  ),
  sketchGraph(
    [
      { name: 'left', parallelism: 2 },
      { name: 'right', parallelism: 1 },
    ],
    [],
    { ...restarts, ...checkpoints },
  ),
  sketchGraph(
    [
      { name: 'source', parallelism: 2 },
      { name: 'count', parallelism: 2 },
    ],
    [['source', 'count', 'hash']],
    { ...restarts, ...checkpoints },
  ),
]

class World {
  readonly graphs: readonly JobGraph[]
  readonly random: SeededRandom
  readonly clock = new ManualClock()
  readonly threadHost: ScriptedThreadHost
  readonly jobManager: JobManager
  readonly jobIds: JobId[] = []
  taskManagers: FakeTaskManager[] = []
  #taskManagerCount = 0

  constructor(seed: number, ofJobs: readonly JobGraph[]) {
    this.graphs = ofJobs
    this.random = new SeededRandom(seed)
    this.threadHost = new ScriptedThreadHost((host, command) => {
      if (command.kind === 'build-graph') {
        const graph = this.pick(this.graphs) as JobGraph
        const coordinated = graph.vertices.slice(0, 1).flatMap((vertex) => vertex.operators)
        host.emit({ kind: 'graph', graph, coordinated: coordinated.map(({ id }) => id) })
      }
      if (command.kind === 'snapshot-coordinators') {
        const { checkpointId } = command
        host.emit({ kind: 'coordinators-snapshotted', checkpointId, states: [] })
      }
      if (command.kind === 'close') host.exit({ reason: 'exited', exitCode: 0, error: undefined })
    })
    this.jobManager = new JobManager(
      {
        clock: this.clock,
        random: this.random,
        logger: silentLogger,
        threadHost: this.threadHost,
        fileSystem: new MemoryFileSystem(),
        checkpointStorage: (directory) =>
          new FileSystemCheckpointStorage(new MemoryFileSystem(), directory),
        readLog: async () => [],
        lastHeartbeatAgoMs: () => 0,
        highAvailability: new NoHighAvailability(),
        onFatalError: (error) => assert.fail(error),
      },
      {
        ...jobManagerOptionsDefault,
        version: '0.1.0',
        apiVersion: '0.1.0',
        processId: 1,
        bundleDirectory: '/bundles',
      },
    )
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[randomBelow(this.random, Math.max(1, list.length))]
  }

  isLucky(percent: number): boolean {
    return randomBelow(this.random, 100) < percent
  }

  addTaskManager(slotCount: number): void {
    this.#taskManagerCount++
    const taskManager = new FakeTaskManager(`tm-${this.#taskManagerCount}`, slotCount)
    this.taskManagers.push(taskManager.register(this.jobManager.sessionServerHandler))
  }

  async submit(): Promise<void> {
    const bundle = sketchBundle('the module')
    await this.jobManager.dispatcher.uploadBundle(bundle.reference, bundle.chunks())
    const submission = { bundle: bundle.reference, apiVersion: '0.1.0', args: {}, config: {} }
    this.jobIds.push(await this.jobManager.dispatcher.submitJob(submission))
  }

  /** One step of a world in which things go wrong. */
  async step(): Promise<void> {
    const taskManager = this.pick(this.taskManagers)
    const dice = randomBelow(this.random, 1000)
    if (this.isLucky(10)) await flush()
    if (dice < 400) taskManager?.deliverOne(this.isLucky(50) ? 'in' : 'out')
    else if (dice < 500) this.acknowledge(taskManager)
    else if (dice < 800) this.progress(taskManager, { canFail: true })
    else if (dice < 895) this.clock.advance(randomBelow(this.random, 500))
    else if (dice < 907) this.clock.advance(randomBelow(this.random, 30_000))
    else if (dice < 925) this.breakThread(taskManager)
    else if (dice < 940) this.loseTaskManager(taskManager)
    else if (dice < 960) this.toggleSuspension(taskManager)
    else if (dice < 970) this.failCoordinator()
    else if (dice < 975) this.endJobHost()
    else if (dice < 985 && this.jobIds.length < 6) await this.submit()
    else if (dice < 990) await this.cancel()
    else this.addTaskManager(1 + randomBelow(this.random, 3))
  }

  /** One step of a world in which checkpoints are completed, and tasks fail in between. */
  async stepWithCheckpoints(): Promise<void> {
    const taskManager = this.pick(this.taskManagers)
    const dice = randomBelow(this.random, 1000)
    for (const task of taskManager?.tasks() ?? []) {
      if (task.state === 'deployed' && this.isLucky(30)) taskManager?.report(task, 'RUNNING')
    }
    if (dice < 600) taskManager?.deliverOne(this.isLucky(50) ? 'in' : 'out')
    else if (dice < 780) this.acknowledge(taskManager)
    else if (dice < 830) this.progress(taskManager, { canFail: true })
    else if (dice < 980) this.clock.advance(randomBelow(this.random, 100))
    else if (dice < 990) this.breakThread(taskManager)
    else if (dice < 993) this.loseTaskManager(taskManager)
    else this.addTaskManager(1)
    if (this.isLucky(30)) await flush()
  }

  progress(taskManager: FakeTaskManager | undefined, options: { canFail: boolean }): void {
    const task = this.pick(taskManager?.tasks() ?? [])
    if (taskManager === undefined || task === undefined) return
    if (task.state === 'canceling') {
      if (options.canFail && this.isLucky(40)) return
      taskManager.report(task, this.isLucky(80) ? 'CANCELED' : 'FINISHED')
    } else if (options.canFail && this.isLucky(10)) {
      const code = this.isLucky(50) ? 'CONNECTION_LOST' : 'USER_FUNCTION_FAILED'
      taskManager.report(task, 'FAILED', { failure: failure(code) })
    } else if (task.state === 'deployed') {
      taskManager.report(task, this.isLucky(50) ? 'INITIALIZING' : 'RUNNING')
    } else if (this.isLucky(options.canFail ? 5 : 50)) {
      taskManager.report(task, 'FINISHED')
    }
  }

  /** A task has taken its part of a checkpoint. */
  acknowledge(taskManager: FakeTaskManager | undefined): void {
    const { task, checkpointId } = taskManager?.triggers.shift() ?? {}
    if (task === undefined || checkpointId === undefined || task.state !== 'running') return
    const { jobId, attemptId, vertexId } = task.deployment
    const snapshot = snapshotOf(vertexId)
    const report = { jobId, attemptId, checkpointId, snapshot, metrics: metricsOfTest }
    taskManager?.send({ kind: 'acknowledge-checkpoint', ...report })
  }

  breakThread(taskManager: FakeTaskManager | undefined): void {
    const slot = this.pick(taskManager?.slots ?? [])
    if (taskManager === undefined || slot === undefined) return
    if (this.isLucky(50)) {
      for (const task of [...slot.tasks.values()]) {
        const slotEnded = this.isLucky(80)
        taskManager.report(task, 'FAILED', { failure: failure('SLOT_THREAD_EXITED'), slotEnded })
      }
    }
    if (this.isLucky(30)) this.settleSome(taskManager)
    taskManager.replaceThread(slot)
    taskManager.becomeReady(slot)
  }

  /** The slot report of a thread that ended comes later than those of its tasks. */
  settleSome(taskManager: FakeTaskManager): void {
    const count = randomBelow(this.random, 20)
    for (let i = 0; i < count; i++) taskManager.deliverOne(this.isLucky(50) ? 'in' : 'out')
  }

  loseTaskManager(taskManager: FakeTaskManager | undefined): void {
    if (taskManager === undefined) return
    this.taskManagers = this.taskManagers.filter((each) => each !== taskManager)
    taskManager.lose()
    if (!this.isLucky(50)) return
    const again = new FakeTaskManager(taskManager.id, taskManager.slots.length)
    this.taskManagers.push(again.register(this.jobManager.sessionServerHandler))
  }

  toggleSuspension(taskManager: FakeTaskManager | undefined): void {
    if (taskManager?.isSuspended === true) taskManager.resume()
    else taskManager?.suspend()
  }

  failCoordinator(): void {
    const operatorId = this.isLucky(80) ? OperatorId.parse('source-operator') : undefined
    const started = this.threadHost.jobHosts.filter((host) =>
      host.kinds().includes('start-coordinators'),
    )
    this.pick(started)?.emit({ kind: 'failed', operatorId, failure: failure('ENUMERATOR_FAILED') })
  }

  endJobHost(): void {
    if (!this.isLucky(20)) return
    const host = this.pick(this.threadHost.jobHosts)
    host?.exit({ reason: 'exited', exitCode: 3, error: undefined })
  }

  async cancel(): Promise<void> {
    const jobId = this.pick(this.jobIds)
    if (jobId !== undefined) await this.jobManager.dispatcher.cancelJob(jobId)
  }

  /** Nothing fails any more and there is room: every job has to end. */
  async calmDown(): Promise<void> {
    for (const taskManager of this.taskManagers) {
      if (taskManager.isSuspended) taskManager.resume()
    }
    for (let i = 0; i < 4; i++) this.addTaskManager(8)
    for (let round = 0; round < 3_000 && !(await this.isOver()); round++) {
      for (const taskManager of this.taskManagers) {
        taskManager.settle()
        for (let i = 0; i < 5; i++) this.progress(taskManager, { canFail: false })
        while (taskManager.triggers.length > 0) this.acknowledge(taskManager)
      }
      await flush()
      this.check()
      this.clock.advance(200)
    }
    for (const taskManager of this.taskManagers) taskManager.settle()
  }

  async isOver(): Promise<boolean> {
    const jobs = await this.jobManager.dispatcher.listJobs()
    return jobs.every((job) => isGloballyTerminal(job.status))
  }

  check(): void {
    const seen = new Set<string>()
    for (const taskManager of this.taskManagers) {
      assert.deepEqual(taskManager.violations, [])
      for (const { deployment } of taskManager.tasks()) {
        const subtask = `${deployment.jobId} ${deployment.vertexId} ${deployment.subtaskIndex}`
        assert.ok(!seen.has(subtask), `two attempts of ${subtask} at a time`)
        seen.add(subtask)
      }
    }
  }

  async checkEnd(): Promise<void> {
    for (const job of await this.jobManager.dispatcher.listJobs()) {
      assert.ok(isGloballyTerminal(job.status), `${job.jobId} is ${job.status}`)
      const details = await this.jobManager.dispatcher.requestJob(job.jobId)
      assert.equal(details.waitingFor, '')
      assert.ok(details.failures.length <= 16)
    }
    for (const taskManager of this.taskManagers) {
      for (const slot of taskManager.slots) assert.equal(slot.state, 'free')
    }
    const cluster = await this.jobManager.dispatcher.requestClusterOverview()
    assert.equal(cluster.freeSlotCount, cluster.slotCount)
    assert.equal(this.clock.timerCount, 0)
    assert.ok(this.threadHost.jobHosts.every((host) => host.isEnded))
  }
}

/** Lets the storage of checkpoints go on. */
async function flush(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function failure(code: ErrorCode): ErrorInfo {
  const blame = code === 'CONNECTION_LOST' ? 'external' : 'user'
  return errorInfo(new MillraceError(code, `${code} in the test`, { disposition: 'retry', blame }))
}

test('whatever fails, no subtask runs twice, no slot leaks, and every job ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const world = new World(seed, graphs)
      await world.jobManager.open()
      world.addTaskManager(2)
      world.addTaskManager(3)
      await world.submit()
      for (let i = 0; i < 600; i++) {
        await world.step()
        world.check()
      }
      await world.calmDown()
      await world.checkEnd()
    }),
    { numRuns: 60 },
  )
})

test('slots that tasks keep from checkpoint to checkpoint are never used after their end', async () => {
  const withCheckpoints = graphs.filter(({ config }) => 'execution.checkpointing.dir' in config)
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const world = new World(seed, withCheckpoints)
      await world.jobManager.open()
      world.addTaskManager(2)
      world.addTaskManager(2)
      for (let i = 0; i < 2; i++) await world.submit()
      for (let i = 0; i < 2_500; i++) {
        await world.stepWithCheckpoints()
        world.check()
      }
      await world.calmDown()
      await world.checkEnd()
    }),
    { numRuns: 30 },
  )
})
