// Jobs whose checkpoints lie in object storage, by the command line: what it makes, tells, refuses.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type CommandResult, RealCluster } from '../real-cluster/real-cluster.ts'
import { S3Server } from '../real-cluster/s3-server.ts'

const job = join(import.meta.dirname, '..', 'e2e', 'jobs', 'keyed-totals.ts')

let server: S3Server
let cluster: RealCluster

before(async () => {
  server = await S3Server.start()
  cluster = await RealCluster.start({
    taskManagers: 1,
    slots: 2,
    settings: {
      ...server.settings(),
      'execution.checkpointing.dir': `s3://${server.bucket}/jobs/`,
      'execution.checkpointing.interval': '300 ms',
      'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
    },
  })
  mkdirSync(join(cluster.directory, 'trouble'))
})

after(async () => {
  await cluster?.stop()
  await server?.stop()
})

function flags(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
}

function run(...words: readonly string[]): Promise<CommandResult> {
  const args = { n: 1_000_000, rate: 3_000, keys: 100, output: 'out', trouble: 'trouble' }
  const jobWords = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
  return cluster.millrace('run', job, ...words, '--parallelism', '2', '--', ...jobWords)
}

test('what a job has left is listed, verified and cleaned up', async () => {
  const submitted = await run('-d', '--json', '--jobmanager', cluster.address)
  const { jobId } = JSON.parse(submitted.stdout)
  await cluster.untilJob(jobId, ({ checkpoints }) => {
    return (checkpoints?.latestCompleted?.checkpointId ?? 0) >= 3
  })
  const all = server.requests()
  const requests = all.slice(all.findLastIndex((request) => request.endsWith('/probe')) + 1)
  assert.ok(requests.filter((request) => request.endsWith('/_metadata')).length >= 3)
  const listings = requests.filter((request) => /^GET \/checkpoints\/?(\?|$)/.test(request))
  assert.deepEqual(listings, [], 'nothing is listed while checkpoints are taken')
  const { stdout: status } = await cluster.millrace(
    'status',
    jobId,
    '--jobmanager',
    cluster.address,
  )
  assert.match(status, new RegExp(`s3://${server.bucket}/jobs/${jobId}/chk-\\d+/_metadata`))
  await cluster.client.cancelJob(jobId)
  await cluster.untilEnded(jobId)

  const dir = ['--dir', `s3://${server.bucket}/jobs`, ...flags(server.settings())]
  const listed = await cluster.millrace('checkpoint', 'list', '--json', ...dir)
  const checkpoints = JSON.parse(listed.stdout)
  assert.ok(checkpoints.length >= 1, listed.stdout)
  for (const each of checkpoints) assert.equal(each.jobId, jobId)
  const verified = await cluster.millrace('checkpoint', 'verify', jobId.slice(0, 6), ...dir)
  assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr)
  const ofJob = ['--dir', `s3://${server.bucket}/jobs/${jobId}`, ...flags(server.settings())]
  const collected = await cluster.millrace('checkpoint', 'gc', '--older-than', '0 s', ...ofJob)
  assert.equal(collected.exitCode, 0, collected.stdout + collected.stderr)
  const again = await cluster.millrace('checkpoint', 'verify', jobId, ...dir)
  assert.equal(again.exitCode, 0, again.stdout + again.stderr)
})

test('a job is refused where its checkpoints could not be written, with the reason', async () => {
  const cases: readonly (readonly [dir: string, message: RegExp])[] = [
    ['s3://no-such-bucket/jobs', /NoSuchBucket.*Make the bucket no-such-bucket/s],
    ['s3a://checkpoints/jobs', /write it as s3:\/\/bucket\/prefix/],
    ['hdfs://host/jobs', /no storage for hdfs:\/\//],
    ['s3://Wrong_Name/jobs', /no name of a bucket/],
  ]
  for (const [dir, message] of cases) {
    const { exitCode, stderr } = await run(
      ...['-d', '--jobmanager', cluster.address],
      ...flags({ 'execution.checkpointing.dir': dir }),
    )
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /CHECKPOINT_DIRECTORY_UNUSABLE|CONFIG_VALUE_INVALID/)
    assert.match(stderr.replaceAll(/\s+/g, ' '), message)
  }
})

test('who wrote down half of the credentials is told so', async () => {
  const { exitCode, stderr } = await cluster.millrace(
    ...['checkpoint', 'list', '--dir', 's3://checkpoints/jobs'],
    ...flags({ 's3.access-key': 'testkey' }),
  )
  assert.notEqual(exitCode, 0)
  assert.match(stderr, /s3\.access-key is set \(--set\) and s3\.secret-key is not/)
})

test('a high-availability directory in object storage is refused', async () => {
  const { exitCode, stderr } = await cluster.millrace(
    'jobmanager',
    ...flags({
      'jobmanager.rpc.port': '0',
      'high-availability.type': 'filesystem',
      'high-availability.storageDir': 's3://checkpoints/ha',
    }),
  )
  assert.notEqual(exitCode, 0)
  assert.match(stderr, /CONFIG_VALUE_INVALID/)
  assert.match(stderr.replaceAll(/\s+/g, ' '), /Only checkpoints may lie in object storage/)
})
