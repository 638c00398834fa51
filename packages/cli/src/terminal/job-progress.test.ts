import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { ExecutionAttemptId, type ExecutionState, JobId, JobVertexId } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { JobProgress } from './job-progress.ts'
import { progressBlock, progressKey, progressLine } from './progress-text.ts'

interface Counters {
  readonly out: number
  readonly busyMs: number
  readonly backPressuredMs: number
}

function jobWith(
  subtasks: readonly (readonly [ExecutionState, Counters | undefined])[],
): JobDetails {
  const jobId = JobId.parse('1'.repeat(32))
  return {
    jobId,
    name: 'orders',
    status: 'RUNNING',
    startedAtMs: 1000,
    endedAtMs: 0,
    taskCount: subtasks.length,
    runningTaskCount: subtasks.length,
    restartCount: 0,
    graph: {
      name: 'orders',
      boundedness: 'bounded',
      vertices: [],
      edges: [],
      config: {},
      hash: '',
    },
    vertices: [
      {
        vertexId: JobVertexId.parse('v'),
        name: 'Source: lines',
        parallelism: subtasks.length,
        subtasks: subtasks.map(([state, counters], subtaskIndex) => {
          const attemptId = ExecutionAttemptId.parse(`a${subtaskIndex}`)
          const metrics = counters && {
            jobId,
            attemptId,
            recordsIn: counters.out,
            recordsOut: counters.out,
            bytesIn: 0,
            bytesOut: 0,
            droppedByReason: {},
            busyMs: counters.busyMs,
            idleMs: 1000 - counters.busyMs - counters.backPressuredMs + counters.out / 10,
            backPressuredMs: counters.backPressuredMs,
          }
          return {
            subtaskIndex,
            attemptId,
            attemptNumber: 0,
            state,
            taskManagerId: undefined,
            metrics,
          }
        }),
      },
    ],
    failure: undefined,
    edges: [],
    failures: [],
    checkpoints: undefined,
    rescale: undefined,
    waitingFor: '',
  }
}

const sample = (out: number, busyMs: number, backPressuredMs: number): Counters => ({
  out,
  busyMs,
  backPressuredMs,
})

test('rates are what changed between two reports, summed over running subtasks', () => {
  const progress = new JobProgress()
  const first = jobWith([
    ['RUNNING', sample(0, 0, 0)],
    ['RUNNING', sample(0, 0, 0)],
  ])
  assert.equal(progress.look(first, 1500).vertices[0]?.recordsOutPerSecond, 0)
  const second = jobWith([
    ['RUNNING', { out: 10_000, busyMs: 500, backPressuredMs: 250 }],
    ['RUNNING', { out: 10_000, busyMs: 500, backPressuredMs: 250 }],
  ])
  const view = progress.look(second, 2500)
  assert.equal(view.elapsedMs, 1500)
  assert.equal(view.vertices[0]?.recordsOutPerSecond, 20_000)
  assert.equal(view.vertices[0]?.busy, 0.5)
  assert.equal(view.vertices[0]?.backPressured, 0.25)
  // No new report: the rates stand.
  assert.equal(progress.look(second, 2600).vertices[0]?.recordsOutPerSecond, 20_000)
})

test('states are counted in the order of a life and short-lived attempts have no rate yet', () => {
  const view = new JobProgress().look(
    jobWith([
      ['RUNNING', sample(5, 0, 0)],
      ['DEPLOYING', undefined],
      ['RUNNING', undefined],
    ]),
    1000,
  )
  assert.deepEqual(view.vertices[0]?.states, [
    ['DEPLOYING', 1],
    ['RUNNING', 2],
  ])
  assert.equal(view.vertices[0]?.recordsOut, 5)
  assert.equal(view.vertices[0]?.isSource, true)
})

test('the block has a line for each vertex that the terminal has room for', () => {
  const view = new JobProgress().look(jobWith([['RUNNING', sample(0, 0, 0)]]), 4000)
  const vertices = Array.from({ length: 30 }, () => view.vertices[0]!)
  const block = progressBlock(
    { ...view, vertices, waitingFor: 'waiting for 2 slots' },
    { columns: 80, rows: 10 },
  )
  const text = block.map((line) => stripVTControlCharacters(line))
  assert.equal(text.length, 9)
  assert.match(text[0] ?? '', /^RUNNING {2}orders {2}3\.0 s {2}waiting for 2 slots/)
  assert.match(text[2] ?? '', /Source: lines +1 RUNNING +0 +0 +0 % +0 %$/)
  assert.match(text.at(-1) ?? '', /and 24 more/)
})

test('a plain line is due when a state changes, not when a number does', () => {
  const progress = new JobProgress()
  const a = progress.look(jobWith([['RUNNING', sample(0, 0, 0)]]), 1000)
  const b = progress.look(
    jobWith([['RUNNING', { out: 10_000, busyMs: 0, backPressuredMs: 900 }]]),
    2000,
  )
  const c = progress.look(jobWith([['FINISHED', undefined]]), 3000)
  assert.equal(progressKey(a), progressKey(b))
  assert.notEqual(progressKey(b), progressKey(c))
  assert.equal(
    progressLine(b),
    'RUNNING orders after 1.0 s; Source: lines 1 RUNNING 10 k/s backpressure 90 %',
  )
})
