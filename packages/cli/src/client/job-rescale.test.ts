import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorInfo, JobId, MillraceError } from '@millrace/core'
import type { DispatcherGateway, JobDetails, RescaleDetails, RescaleState } from '@millrace/rpc'
import { describeRescale, rescaleProgress } from '../terminal/rescale-report.ts'
import { parseParallelism, rescaleJob } from './job-rescale.ts'

const jobId = JobId.parse('0123456789abcdef0123456789abcdef')
const begun: RescaleDetails = {
  cause: 'requested',
  state: 'waiting-for-slots',
  fromParallelism: 2,
  toParallelism: 4,
  beganAtMs: 0,
  missingSlotCount: 2,
  gapMs: undefined,
  failure: undefined,
}
const failure = errorInfo(new MillraceError('SLOTS_MISSING', '2 slots are missing'))

/** A dispatcher whose job shows these rescales, one after the other. */
function dispatcherWith(
  shown: readonly (RescaleDetails | undefined)[],
  isUnchanged = false,
): Pick<DispatcherGateway, 'requestJob' | 'rescaleJob'> {
  const ahead = [...shown]
  return {
    rescaleJob: async () => ({ isUnchanged }),
    requestJob: async () =>
      ({ jobId, status: 'RUNNING', name: 'totals', rescale: ahead.shift() }) as JobDetails,
  }
}

function through(...states: readonly RescaleState[]): readonly RescaleDetails[] {
  return states.map((state) => {
    const missingSlotCount = state === 'waiting-for-slots' ? 2 : 0
    return { ...begun, state, missingSlotCount, gapMs: state === 'completed' ? 85.4 : undefined }
  })
}

test('each step is told once, until the job runs with the new parallelism', async () => {
  const told: string[] = []
  const states = through('waiting-for-slots', 'waiting-for-slots', 'checkpointing', 'completed')
  const { rescale } = await rescaleJob(dispatcherWith(states), jobId, 4, {
    isDetached: false,
    onProgress: (details) => void told.push(rescaleProgress(details)),
  })
  assert.deepEqual(told, ['waiting for 2 slots', 'taking a checkpoint', ''])
  assert.equal(rescale?.gapMs, 85.4)
})

test('where nobody waits, that it has begun is enough', async () => {
  const options = { isDetached: true, onProgress: () => {} }
  const { rescale } = await rescaleJob(
    dispatcherWith(through('waiting-for-slots')),
    jobId,
    4,
    options,
  )
  assert.equal(rescale?.state, 'waiting-for-slots')
})

test('a job that has the parallelism is left alone', async () => {
  const options = { isDetached: false, onProgress: () => assert.fail('nothing is done') }
  const { rescale } = await rescaleJob(dispatcherWith([undefined], true), jobId, 4, options)
  assert.equal(rescale, undefined)
})

test('a rescale that came to nothing rejects with why', async () => {
  const options = { isDetached: false, onProgress: () => {} }
  const failed: RescaleDetails = { ...begun, state: 'failed', failure }
  await assert.rejects(rescaleJob(dispatcherWith([begun, failed]), jobId, 4, options), {
    code: 'SLOTS_MISSING',
  })
})

test('who cannot see what became of it says so', async () => {
  const options = { isDetached: false, onProgress: () => {} }
  for (const other of [undefined, { ...begun, toParallelism: 3 }]) {
    await assert.rejects(rescaleJob(dispatcherWith([begun, other]), jobId, 4, options), {
      code: 'RESCALE_FAILED',
    })
  }
})

test('a parallelism is a whole number from 1 to 32768', () => {
  assert.equal(parseParallelism('1'), 1)
  assert.equal(parseParallelism('32768'), 32_768)
  for (const text of [undefined, '', '0', '-1', '2.5', 'four', '32769']) {
    assert.throws(() => parseParallelism(text), { code: 'ARGUMENT_INVALID' })
  }
})

test('the status tells of a rescale what became of it, and why it was', () => {
  const [completed] = through('completed')
  assert.match(describeRescale(completed as RescaleDetails), /2 → 4 .*stood still for 85 ms$/)
  const smaller: RescaleDetails = { ...begun, cause: 'slots-missing', state: 'starting' }
  assert.match(describeRescale(smaller), /because slots were missing: starting its tasks$/)
  assert.match(describeRescale({ ...begun, state: 'failed', failure }), /failed, SLOTS_MISSING/)
})
