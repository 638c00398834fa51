import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CompletedCheckpoint,
  type DeclaredOperator,
  encodeGeneric,
  JobId,
  SeededRandom,
  silentLogger,
} from '@millrace/core'
import { encodeCheckpointMetadata, FileSystemCheckpointStorage } from '@millrace/state'
import { sketchGraph } from '../execution-graph/graph-sketch-test-support.ts'
import { FileSystemHighAvailability } from '../high-availability/file-system-high-availability.ts'
import { MemoryStorage } from '../high-availability/high-availability-test-support.ts'
import { JobManager } from '../job-manager.ts'
import { jobManagerOptionsDefault } from '../job-manager-options.ts'
import { ScriptedThreadHost } from '../job-master/scripted-job-host-test-support.ts'
import { ManualClock } from '../manual-clock-test-support.ts'
import { MemoryFileSystem } from '../memory-file-system-test-support.ts'
import { FakeTaskManager } from '../resource-manager/fake-task-manager-test-support.ts'
import { sketchBundle } from './bundle-sketch-test-support.ts'

const bundle = sketchBundle('the module')
const graph = sketchGraph([{ name: 'a', parallelism: 1 }], [])
const [vertex] = graph.vertices
const operatorId = vertex?.operators[0]?.id
assert.ok(vertex !== undefined && operatorId !== undefined)
const path = '/savepoints/savepoint-1'

const savepoint: CompletedCheckpoint = {
  kind: 'savepoint',
  jobId: JobId.parse('ab'.repeat(16)),
  jobName: 'former',
  checkpointId: 7,
  epoch: 1,
  triggeredAtMs: 1,
  completedAtMs: 2,
  vertices: [
    {
      ...{ vertexId: vertex.id, parallelism: 1 },
      operators: [{ operatorId, name: 'a', droppedStates: [], renamedStates: [] }],
      subtasks: [
        {
          operators: [
            {
              ...{ operatorId, keyed: undefined },
              operator: {
                states: [{ name: 'count', mode: 'split' }],
                blob: { kind: 'inline', bytes: encodeGeneric([[1]]) },
              },
            },
          ],
          ...{ channels: [], isFinished: false },
        },
      ],
    },
  ],
  coordinators: [],
}

function declared(stateName: string): DeclaredOperator {
  return {
    ...{ operatorId: operatorId as NonNullable<typeof operatorId>, name: 'a' },
    ...{
      movedFrom: undefined,
      keyedStates: undefined,
      coordinatorKind: undefined,
      failure: undefined,
    },
    operatorStates: [{ name: stateName, movedFrom: undefined, mode: 'split', types: [null] }],
  }
}

/** Job hosts of a program whose one operator asks for a state of this name. */
function threadHost(stateName: string): ScriptedThreadHost {
  return new ScriptedThreadHost((host, command) => {
    if (command.kind === 'build-graph') host.emit({ kind: 'graph', graph, coordinated: [] })
    if (command.kind === 'describe-states') {
      host.emit({ kind: 'states', operators: [declared(stateName)] })
    }
    if (command.kind === 'close') host.exit({ reason: 'exited', exitCode: 0, error: undefined })
  })
}

async function start(storage: MemoryStorage, files: MemoryFileSystem, stateName = 'count') {
  const clock = new ManualClock()
  const host = threadHost(stateName)
  const jobManager = new JobManager(
    {
      clock,
      random: new SeededRandom(storage.files.size + 1),
      logger: silentLogger,
      threadHost: host,
      fileSystem: new MemoryFileSystem(),
      checkpointStorage: (directory) => new FileSystemCheckpointStorage(files, directory),
      readLog: async () => [],
      lastHeartbeatAgoMs: () => 0,
      highAvailability: new FileSystemHighAvailability(storage, silentLogger, 'test'),
      onFatalError: (error) => assert.fail(error),
    },
    {
      ...jobManagerOptionsDefault,
      ...{ version: '0.1.0', apiVersion: '0.1.0', processId: 1, bundleDirectory: '/bundles' },
    },
  )
  await jobManager.open()
  return { jobManager, dispatcher: jobManager.dispatcher, clock, host }
}

type Started = Awaited<ReturnType<typeof start>>

async function submit({ dispatcher }: Started, more: Readonly<Record<string, string>> = {}) {
  await dispatcher.uploadBundle(bundle.reference, bundle.chunks())
  return dispatcher.submitJob({
    bundle: bundle.reference,
    apiVersion: '0.1.0',
    args: {},
    config: {
      'execution.checkpointing.dir': '/checkpoints',
      'execution.state-recovery.path': path,
      ...more,
    },
  })
}

function filesWithSavepoint(): MemoryFileSystem {
  const files = new MemoryFileSystem()
  files.files.set(`${path}/_metadata`, encodeCheckpointMetadata(savepoint))
  return files
}

/** What the only task is deployed with. */
function restoreOf({ jobManager }: Started): unknown {
  const taskManager = new FakeTaskManager('tm-1', 1).register(jobManager.sessionServerHandler)
  taskManager.settle()
  const [task] = [...(taskManager.slots[0]?.tasks.values() ?? [])]
  const { checkpointId, operators } = task?.deployment.restore ?? {}
  return [checkpointId, operators?.[0]?.operator[0]?.states]
}

const restored = [7, [{ name: 'count', mode: 'split' }]]

/** Lets promises that can go on do so. */
async function flush(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('a job begins with the savepoint, and so it does under the next JobManager', async () => {
  const [storage, files] = [new MemoryStorage(), filesWithSavepoint()]
  const first = await start(storage, files)
  const jobId = await submit(first)
  assert.ok(files.files.has(`/checkpoints/${jobId}/chk-7/_metadata`))
  assert.deepEqual(restoreOf(first), restored)
  // Nothing but its own directory is needed.
  files.files.delete(`${path}/_metadata`)
  const next = await start(storage, files)
  await next.dispatcher.requestJob(jobId)
  assert.deepEqual(restoreOf(next), restored)
})

test('a job whose JobManager ended before it knew what it begins with is imported again', async () => {
  const [storage, files] = [new MemoryStorage(), filesWithSavepoint()]
  const jobId = await submit(await start(storage, files))
  const pointers = [...storage.files.keys()].filter((name) => name.includes('/checkpoint-'))
  assert.equal(pointers.length, 1)
  for (const name of pointers) storage.files.delete(name)
  const next = await start(storage, files)
  await next.dispatcher.requestJob(jobId)
  assert.deepEqual(restoreOf(next), restored)
  assert.ok([...storage.files.keys()].some((name) => name.includes('/checkpoint-')))
})

test('it is never begun anew where the savepoint is gone by then', async () => {
  const [storage, files] = [new MemoryStorage(), filesWithSavepoint()]
  const jobId = await submit(await start(storage, files))
  for (const name of [...storage.files.keys()]) {
    if (name.includes('/checkpoint-')) storage.files.delete(name)
  }
  files.files.clear()
  const next = await start(storage, files)
  await flush()
  const asked = next.dispatcher.requestJob(jobId)
  asked.catch(() => {})
  await flush()
  next.clock.advance(3_000)
  await assert.rejects(asked, { code: 'JOB_NOT_FOUND', message: /SAVEPOINT_NOT_FOUND/ })
  assert.deepEqual(restoreOf(next), [undefined, undefined])
})

test('a job that is refused leaves nothing', async () => {
  const [storage, files] = [new MemoryStorage(), filesWithSavepoint()]
  const before = [...files.files.keys()]
  const started = await start(storage, files, 'another')
  await assert.rejects(submit(started), {
    code: 'SAVEPOINT_STATE_UNMAPPED',
    message: /State 'count' \(list\) of 'a' would be lost: .*--drop-state 'a\/count'/,
  })
  assert.deepEqual([...files.files.keys()], before)
  assert.ok(started.host.jobHosts.every(({ isEnded }) => isEnded))
  const next = await start(storage, files, 'another')
  assert.deepEqual(await next.dispatcher.listJobs(), [])
  const dropped = await submit(next, { 'execution.state-recovery.drop-state': 'a/count' })
  assert.ok(files.files.has(`/checkpoints/${dropped}/chk-7/_metadata`))
})

test('a claimed savepoint is gone, the job has it', async () => {
  const [storage, files] = [new MemoryStorage(), filesWithSavepoint()]
  const started = await start(storage, files)
  const jobId = await submit(started, { 'execution.state-recovery.claim-mode': 'CLAIM' })
  await flush()
  assert.ok(!files.files.has(`${path}/_metadata`))
  assert.ok(files.files.has(`/checkpoints/${jobId}/chk-7/_metadata`))
})
