import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BundleHash, JobId } from '@millrace/core'
import { Configuration, parseSetFlag } from '@millrace/core/config'
import type { DispatcherGateway, JobSubmission } from '@millrace/rpc'
import { jobConfigOf, submitProgram } from './job-submission.ts'

const flagsOf = (...texts: string[]): Configuration =>
  Configuration.empty.with(texts.map(parseSetFlag))

test('settings of a job travel with it, the address of the cluster does not', () => {
  const flags = flagsOf('restart-strategy=none', 'jobmanager.rpc.port=7000')
  assert.deepEqual(jobConfigOf(flags, { isLocal: false }), { 'restart-strategy.type': 'none' })
})

test('a setting of processes is refused for a job, unless the processes are its own', () => {
  const flags = flagsOf('taskmanager.numberOfTaskSlots=4')
  assert.throws(() => jobConfigOf(flags, { isLocal: false }), {
    code: 'ARGUMENT_INVALID',
    message: /taskmanager\.numberOfTaskSlots is read when a process/,
  })
  assert.deepEqual(jobConfigOf(flags, { isLocal: true }), {})
})

test('a bundle is uploaded in chunks, and only if the cluster lacks it', async () => {
  const stored: Uint8Array[] = []
  const submitted: JobSubmission[] = []
  const gateway: Partial<DispatcherGateway> = {
    hasBundle: async () => stored.length > 0,
    uploadBundle: async (_, chunks) => {
      for await (const chunk of chunks) stored.push(chunk)
    },
    submitJob: async (submission) => {
      submitted.push(submission)
      return JobId.parse('0'.repeat(32))
    },
  }
  const bytes = new Uint8Array(600_000).map((_, index) => index)
  const hash = BundleHash.parse('a'.repeat(64))
  const bundle = { bytes, hash, sizeBytes: bytes.length, apiVersion: '0.1.0', warnings: [] }
  const program = { bundle, args: { n: '1' }, config: {} }
  await submitProgram(gateway as DispatcherGateway, program)
  await submitProgram(gateway as DispatcherGateway, program)
  assert(stored.length > 1)
  assert.deepEqual(Buffer.concat(stored), Buffer.from(bytes))
  assert.equal(submitted.length, 2)
  assert.deepEqual(submitted[0]?.bundle, { hash, sizeBytes: bytes.length })
})
