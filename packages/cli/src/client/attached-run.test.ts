import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobId, MillraceError } from '@millrace/core'
import type { DispatcherGateway, JobDetails } from '@millrace/rpc'
import { followJob } from './attached-run.ts'
import type { Interrupts } from './interrupts.ts'
import type { RunReporter } from './run-reporter.ts'

const jobId = JobId.parse('0123456789abcdef0123456789abcdef')
const running = {
  jobId,
  name: 'totals',
  status: 'RUNNING',
  graph: { vertices: [], edges: [] },
  vertices: [],
  edges: [],
  failures: [],
} as unknown as JobDetails

const silentReporter: RunReporter = {
  onProgress: () => {},
  onCanceling: () => {},
  onLeft: () => {},
  onEnded: () => {},
  onLost: () => {},
  pause: () => {},
  resume: () => {},
}

const noInterrupts: Interrupts = {
  next: () => new Promise(() => {}),
  orInterrupted: (promise) => promise,
  close: () => {},
}

/** Follows a job that was RUNNING, of which nothing is heard afterwards but this error. */
function followUntil(error: MillraceError): Promise<unknown> {
  const answers = [running]
  const gateway: Pick<DispatcherGateway, 'requestJob'> = {
    requestJob: async () => {
      const details = answers.pop()
      if (details === undefined) throw error
      return details
    },
  }
  const options = { jobId, canDetach: true, isInteractive: false, interrupts: noInterrupts }
  return followJob(gateway as DispatcherGateway, silentReporter, options)
}

test('what was last known of a job is told where its JobManager does not answer', async (t) => {
  let nowMs = 0
  t.mock.method(performance, 'now', () => (nowMs += 6_000))
  const error = new MillraceError('JOB_MANAGER_UNREACHABLE', 'No answer.', { blame: 'external' })
  await assert.rejects(followUntil(error), {
    code: 'JOB_MANAGER_UNREACHABLE',
    message: /The job totals .* was RUNNING when its JobManager last answered; .* No answer\.$/,
  })
})

test('an end that cannot be stored is told as the JobManager tells it', async (t) => {
  let nowMs = 0
  t.mock.method(performance, 'now', () => (nowMs += 6_000))
  const error = new MillraceError('JOB_END_NOT_STORED', 'The job is FINISHED, but.', {
    disposition: 'retry',
    blame: 'external',
  })
  await assert.rejects(followUntil(error), error)
})
