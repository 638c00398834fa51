import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, silentLogger } from '@millrace/core'
import { FileSystemHighAvailability } from './file-system-high-availability.ts'
import type { CheckpointPointer, RecoverableJob } from './high-availability-services.ts'
import { bundleOf, jobIdOf, jobOf, MemoryStorage } from './high-availability-test-support.ts'

function pointerTo(checkpointId: number, restartCount = 0): CheckpointPointer {
  return { checkpointId, directory: '/checkpoints/job', restartCount }
}

async function lead(storage: MemoryStorage): Promise<{
  readonly services: FileSystemHighAvailability
  readonly recovered: readonly RecoverableJob[]
}> {
  const services = new FileSystemHighAvailability(storage, silentLogger, 'test')
  return { services, recovered: await services.open() }
}

function add(services: FileSystemHighAvailability, index: number, bundle = index): Promise<void> {
  return services.addJob(jobOf(index, bundle), bundleOf(bundle).content)
}

const superseded = { code: 'JOB_MANAGER_SUPERSEDED' }

test('the first leader has nothing to go on with, each later one a higher epoch', async () => {
  const storage = new MemoryStorage()
  const { services, recovered } = await lead(storage)
  assert.deepEqual([services.epoch, recovered], [1, []])
  assert.equal((await lead(storage)).services.epoch, 2)
  assert.equal((await lead(storage)).services.epoch, 3)
})

test('what a job was rescaled to is known to later leaders, with its checkpoints', async () => {
  const storage = new MemoryStorage()
  const { services } = await lead(storage)
  await add(services, 1)
  const rescaled = { ...pointerTo(2), parallelism: 6 }
  await services.addCheckpoint(jobIdOf(1), pointerTo(1))
  await services.addCheckpoint(jobIdOf(1), rescaled)
  for (let leader = 0; leader < 2; leader++) {
    const { recovered } = await lead(storage)
    assert.deepEqual(recovered[0]?.checkpoints, [pointerTo(1), rescaled])
  }
})

test('jobs are recovered as they were submitted, in that order, with their bundles', async () => {
  const storage = new MemoryStorage()
  const { services } = await lead(storage)
  for (const index of [3, 1, 2]) await add(services, index)
  const { services: next, recovered } = await lead(storage)
  assert.deepEqual(
    recovered.map(({ job }) => job),
    [jobOf(1), jobOf(2), jobOf(3)],
  )
  assert.deepEqual(await next.readBundle(bundleOf(2).hash), bundleOf(2).content)
})

test('a job goes on from the checkpoints that are retained, over several leaders', async () => {
  const storage = new MemoryStorage()
  const ids = ({ checkpoints }: RecoverableJob): readonly number[] =>
    checkpoints.map(({ checkpointId }) => checkpointId)
  const { services: first } = await lead(storage)
  await add(first, 1)
  const jobId = jobIdOf(1)
  for (const checkpointId of [1, 2, 10]) {
    await first.addCheckpoint(jobId, pointerTo(checkpointId))
  }
  await first.removeCheckpoints(jobId, [1])
  const { services: second, recovered } = await lead(storage)
  assert.deepEqual(recovered.map(ids), [[2, 10]])
  await second.addCheckpoint(jobId, pointerTo(11))
  await second.removeCheckpoints(jobId, [2])
  assert.deepEqual((await lead(storage)).recovered.map(ids), [[10, 11]])
})

test('restarts are counted over several leaders, and a takeover is one', async () => {
  const storage = new MemoryStorage()
  const { services: first } = await lead(storage)
  await add(first, 1)
  const counts = async () => {
    const { services, recovered } = await lead(storage)
    return { services, counted: recovered.map(({ restartCount }) => restartCount) }
  }
  assert.deepEqual((await counts()).counted, [1])
  const { services, counted } = await counts()
  assert.deepEqual(counted, [2])
  await services.addCheckpoint(jobIdOf(1), pointerTo(1, 5))
  assert.deepEqual((await counts()).counted, [6])
  assert.deepEqual((await counts()).counted, [7])
})

test('a job that ended is gone with all its files, whenever it was submitted', async () => {
  const storage = new MemoryStorage()
  const { services: first } = await lead(storage)
  await add(first, 1)
  await add(first, 2)
  await first.removeJob(jobIdOf(1))
  const { services: second, recovered } = await lead(storage)
  assert.deepEqual(
    recovered.map(({ job }) => job.jobId),
    [jobIdOf(2)],
  )
  await second.addCheckpoint(jobIdOf(2), pointerTo(1))
  await second.removeJob(jobIdOf(2))
  const { recovered: none } = await lead(storage)
  assert.deepEqual(none, [])
  assert.deepEqual([...storage.files.keys()].sort(), ['3/takeover', 'epochs/3', 'format'])
})

test('a bundle is stored once and stays while a job runs it', async () => {
  const storage = new MemoryStorage()
  const { services } = await lead(storage)
  const bundles = (): readonly string[] =>
    [...storage.files.keys()].filter((name) => name.includes('/bundles/'))
  await add(services, 1, 7)
  await add(services, 2, 7)
  assert.equal(bundles().length, 1)
  await services.removeJob(jobIdOf(1))
  assert.equal(bundles().length, 1)
  await services.removeJob(jobIdOf(2))
  assert.equal(bundles().length, 0)
})

test('who was superseded writes nothing that counts and deletes nothing', async () => {
  const storage = new MemoryStorage()
  const { services: stale } = await lead(storage)
  await add(stale, 1)
  await stale.addCheckpoint(jobIdOf(1), pointerTo(1))
  const { services: leader } = await lead(storage)
  await assert.rejects(add(stale, 2), superseded)
  await assert.rejects(stale.addCheckpoint(jobIdOf(1), pointerTo(2)), superseded)
  await assert.rejects(stale.removeCheckpoints(jobIdOf(1), [1]), superseded)
  await assert.rejects(stale.removeJob(jobIdOf(1)), superseded)
  await assert.rejects(stale.confirmLeadership(), superseded)
  await leader.confirmLeadership()
  assert.deepEqual(await leader.readBundle(bundleOf(1).hash), bundleOf(1).content)
  const { recovered } = await lead(storage)
  assert.deepEqual(recovered, [{ job: jobOf(1), checkpoints: [pointerTo(1)], restartCount: 2 }])
})

test('a damaged file is named, and nothing is guessed', async () => {
  const storage = new MemoryStorage()
  const { services } = await lead(storage)
  await add(services, 1)
  const name = [...storage.files.keys()].find((each) => each.endsWith('/submission'))
  assert(name !== undefined)
  const content = storage.files.get(name)?.slice() ?? new Uint8Array()
  content[80] = (content[80] ?? 0) ^ 1
  storage.files.set(name, content)
  await assert.rejects(lead(storage), (error: MillraceError) => {
    assert.equal(error.code, 'HIGH_AVAILABILITY_STORAGE_INVALID')
    assert(error.message.startsWith(`${name} in the high-availability directory is damaged`))
    return true
  })
})

test('a directory of another version, or of somebody else, is left as it is', async () => {
  for (const [name, pattern] of [
    ['format', /was written by another version of Millrace: it is 'millrace 9'/],
    ['photos/1.jpg', /is no high-availability directory: .* photos\/1\.jpg/],
  ] as const) {
    const storage = new MemoryStorage()
    storage.files.set(name, new TextEncoder().encode('millrace 9\n'))
    await assert.rejects(lead(storage), {
      code: 'HIGH_AVAILABILITY_STORAGE_INVALID',
      message: pattern,
    })
    assert.equal(storage.files.size, 1)
  }
})

test('a directory that cannot be written is told with the setting that names it', async () => {
  const storage = new MemoryStorage()
  const error = new MillraceError('FILE_WRITE_FAILED', 'no room.')
  storage.create = () => Promise.reject(error)
  await assert.rejects(lead(storage), {
    code: 'FILE_WRITE_FAILED',
    message: /^The high-availability directory \/ha cannot be used: no room\. .*storageDir/,
  })
})
