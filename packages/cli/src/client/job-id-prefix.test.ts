import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobId } from '@millrace/core'
import type { JobOverview } from '@millrace/rpc'
import { findJobId, matchJobId, parseTypedJobId } from './job-id-prefix.ts'

const one = JobId.parse('0123456789abcdef0123456789abcdef')
const other = JobId.parse('01234fff89abcdef0123456789abcdef')

/** A cluster with these two jobs. */
const gateway = {
  listJobs: async (): Promise<readonly JobOverview[]> =>
    [one, other].map((jobId) => ({ jobId }) as JobOverview),
}

test('four or more characters that one job id alone begins with stand for it', async () => {
  assert.equal(await findJobId(gateway, parseTypedJobId('01234f')), other)
  assert.equal(await findJobId(gateway, parseTypedJobId('012345')), one)
  assert.equal(await findJobId(gateway, parseTypedJobId('01234F')), other)
  assert.equal(matchJobId(parseTypedJobId('0123'), [other]), other)
})

test('what several job ids begin with is refused with all of them', async () => {
  await assert.rejects(findJobId(gateway, parseTypedJobId('0123')), {
    code: 'ARGUMENT_INVALID',
    message: new RegExp(`2 job ids begin with '0123': ${one}, ${other}\\.`),
  })
  const many = Array.from({ length: 25 }, (_, index) =>
    JobId.parse(`abcd${String(index).padStart(28, '0')}`),
  )
  assert.throws(() => matchJobId(parseTypedJobId('abcd'), many), { message: /and 15 more\./ })
})

test('what no job id begins with is not found, and what none can begin with is refused', async () => {
  await assert.rejects(findJobId(gateway, parseTypedJobId('ffff')), { code: 'JOB_NOT_FOUND' })
  for (const text of ['', '012', 'orders', '0123-', `${one}0`]) {
    assert.throws(() => parseTypedJobId(text), { code: 'ARGUMENT_INVALID' }, text)
  }
})

test('a whole job id is taken without asking, whether there is such a job or not', async () => {
  const silent = { listJobs: () => assert.fail('nobody needs the list') }
  assert.equal(await findJobId(silent, parseTypedJobId(one)), one)
})
