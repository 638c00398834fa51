import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JobGraph, JobId, SeededRandom, silentLogger } from '@millrace/core'
import { checkpointOptionsOfTest } from '../checkpoint/coordinator/checkpoint-bench-test-support.ts'
import { noCheckpoints } from '../checkpoint/executor/job-checkpoint-log.ts'
import { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import { sketchGraph } from '../execution-graph/graph-sketch-test-support.ts'
import { NoneRestartStrategy } from '../failover/none-restart-strategy.ts'
import { JobScheduler } from '../scheduler/job-scheduler.ts'
import type { JobSchedulerEvent } from '../scheduler/job-scheduler-event.ts'
import { failure } from '../scheduler/job-scheduler-test-support.ts'
import { JobRescaler } from './job-rescaler.ts'

const jobId = JobId.parse('a'.repeat(32))
const random = new SeededRandom(1)

/** `a` has two subtasks in slots of its own, whatever the parallelism of `b`. */
function graphAt(parallelism: number, name = 'b'): JobGraph {
  const vertices = [
    { name: 'a', parallelism: 2, group: 'own' },
    { name, parallelism },
  ]
  const hash = `${parallelism}`.padStart(64, '0')
  return { ...sketchGraph(vertices, [['a', name, 'hash']]), hash }
}

interface World {
  readonly rescaler: JobRescaler
  readonly events: JobSchedulerEvent[]
  /** Parallelisms that graphs were built for. */
  readonly built: (number | undefined)[]
}

function worldAt(
  parallelism: number,
  more: {
    readonly min?: number
    readonly hasCheckpoints?: boolean
    readonly parallelism?: number
    readonly graphOf?: (parallelism: number) => JobGraph
  } = {},
): World {
  const { min, hasCheckpoints = true, graphOf = graphAt } = more
  const events: JobSchedulerEvent[] = []
  const built: (number | undefined)[] = []
  const scheduler = new JobScheduler(
    jobId,
    new ExecutionGraph(graphAt(parallelism), random),
    [],
    new NoneRestartStrategy(),
    {
      slotRequestTimeoutMs: 1000,
      taskCancellationTimeoutMs: 1000,
      taskDeploymentTimeoutMs: 1000,
      mayRunSmaller: min !== undefined,
      awaitsFormerSlots: false,
      checkpoints: hasCheckpoints ? checkpointOptionsOfTest : undefined,
      restored: noCheckpoints,
    },
  )
  scheduler.handle({ kind: 'start' }, 0)
  const rescaler = new JobRescaler(
    {
      jobId,
      logger: silentLogger,
      random,
      now: () => 0,
      scheduler,
      handle: (event) => void events.push(event),
      configuration: (each) => ({ parallelism: String(each ?? parallelism) }),
      jobHost: {
        rebuildGraph: async (config) => {
          const each = Number(config['parallelism'])
          built.push(each)
          return { graph: graphOf(each), coordinated: [] }
        },
      },
    },
    { parallelism: more.parallelism, min },
  )
  return { rescaler, events, built }
}

function sizesIn(events: readonly JobSchedulerEvent[]): readonly string[] {
  return events.map((event) => {
    if (event.kind !== 'rescale-requested') return event.kind
    const { cause, executionGraph } = event.target
    return `${cause} ${executionGraph.jobVertices[1]?.subtasks.length}`
  })
}

async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

test('the scheduler gets the graph of the parallelism that is asked for', async () => {
  const { rescaler, events } = worldAt(3)
  assert.deepEqual(await rescaler.request(5), { isUnchanged: false })
  assert.deepEqual(sizesIn(events), ['requested 5'])
})

test('a graph that is the same changes nothing, and a later JobManager gets to know it', async () => {
  const { rescaler, events } = worldAt(3)
  assert.equal(rescaler.parallelismAt(1), undefined)
  assert.deepEqual(await rescaler.request(3), { isUnchanged: true })
  assert.deepEqual(events, [])
  assert.equal(rescaler.parallelismAt(1), 3)
})

test('what an earlier JobManager had rescaled it to goes on to the next', () => {
  assert.equal(worldAt(3, { parallelism: 3 }).rescaler.parallelismAt(7), 3)
})

test('a function that describes other operators is refused', async () => {
  const { rescaler, events } = worldAt(3, { graphOf: (each) => graphAt(each, 'other') })
  await assert.rejects(rescaler.request(5), { code: 'RESCALE_REFUSED', message: /other operators/ })
  assert.deepEqual(events, [])
})

test('a parallelism that cannot be is refused before anything is built', async () => {
  const { rescaler, built } = worldAt(3)
  for (const each of [0, -1, 1.5, 32_769, Number.NaN]) {
    await assert.rejects(rescaler.request(each), { code: 'ARGUMENT_INVALID' })
  }
  assert.deepEqual(built, [])
})

test('one request is looked at at a time', async () => {
  const { rescaler } = worldAt(3)
  const first = rescaler.request(5)
  await assert.rejects(rescaler.request(4), { code: 'RESCALE_REFUSED', message: /right now/ })
  await first
})

test('where slots are missing the largest graph is taken that they suffice for', async () => {
  const { rescaler, events } = worldAt(8, { min: 1 })
  rescaler.onSlotsMissing(failure('SLOTS_MISSING', 'fail-job'), 7)
  await settled()
  assert.deepEqual(sizesIn(events), ['slots-missing 5'])
})

test('with too few slots for the least parallelism the job fails as it would without', async () => {
  const { rescaler, events } = worldAt(8, { min: 4 })
  rescaler.onSlotsMissing(failure('SLOTS_MISSING', 'fail-job'), 5)
  await settled()
  assert.deepEqual(sizesIn(events), ['job-failed'])
})
