import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobProgressView, VertexProgress } from './job-progress.ts'
import { sourceCounts } from './progress-text.ts'

test('the records of a job are those of its sources', () => {
  const vertices = [vertex({ isSource: true, recordsIn: 12 }), vertex({ recordsIn: 40 })]
  assert.equal(sourceCounts(view({ vertices })), ', 12 records from its sources')
  assert.equal(sourceCounts(view({ vertices: [vertex({ recordsIn: 40 })] })), '')
})

test('records of sources that restarted are not told as all records of the job', () => {
  const vertices = [vertex({ isSource: true, recordsIn: 12 })]
  assert.equal(
    sourceCounts(view({ vertices, restartCount: 2 })),
    ', 12 records from its sources since they last started, 2 restarts',
  )
  assert.equal(sourceCounts(view({ restartCount: 1 })), ', 1 restart')
})

function view(parts: Partial<JobProgressView>): JobProgressView {
  return {
    jobId: 'a1',
    name: 'totals',
    status: 'FINISHED',
    elapsedMs: 1,
    restartCount: 0,
    waitingFor: '',
    vertices: [],
    ...parts,
  }
}

function vertex(parts: Partial<VertexProgress>): VertexProgress {
  return {
    name: 'orders',
    parallelism: 1,
    isSource: false,
    states: [],
    recordsIn: 0,
    recordsOut: 0,
    recordsInPerSecond: 0,
    recordsOutPerSecond: 0,
    busy: 0,
    backPressured: 0,
    ...parts,
  }
}
