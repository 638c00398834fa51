import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { JobId, MillraceError, SeededRandom, silentLogger } from '@millrace/core'
import { MemoryFileSystem } from '../memory-file-system-test-support.ts'
import { BundleCache } from './bundle-cache.ts'
import { bundleOf, settlePromises } from './task-executor-test-support.ts'

const random = new SeededRandom(3)
const jobs = Array.from({ length: 3 }, () => JobId.random(random)) as [JobId, JobId, JobId]
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const one = bytesOf('export default "one"')
const two = bytesOf('export default "two"')

function world(options: { readonly sizeBytesMax?: number } = {}) {
  const fileSystem = new MemoryFileSystem()
  const contents = new Map([one, two].map((each) => [bundleOf(each).hash as string, each]))
  const fetched: string[] = []
  const cache = new BundleCache(
    silentLogger,
    fileSystem,
    async function* (hash) {
      fetched.push(hash)
      const content = contents.get(hash) ?? new Uint8Array()
      for (let i = 0; i < content.length; i += 7) yield content.subarray(i, i + 7)
    },
    { directory: '/bundles', sizeBytesMax: options.sizeBytesMax ?? 1000 },
  )
  return { cache, fileSystem, contents, fetched }
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof MillraceError)) throw new Error('It did not fail')
  return error
}

test('a bundle is fetched once however many ask for it', async () => {
  const { cache, fileSystem, fetched } = world()
  const bundle = bundleOf(one)
  const paths = await Promise.all(jobs.map((job) => cache.acquire(job, bundle)))
  deepEqual(new Set(paths), new Set([`/bundles/${bundle.hash}.mjs`]))
  equal(fetched.length, 1)
  deepEqual(fileSystem.files.get(`/bundles/${bundle.hash}.mjs`), one)
})

test('a bundle with other bytes, too few or too many is corrupt, and is fetched anew', async () => {
  const { cache, fileSystem, contents, fetched } = world()
  const bundle = bundleOf(one)
  for (const bad of [one.slice(1), new Uint8Array([...one, 0]), two]) {
    contents.set(bundle.hash, bad)
    const error = await failure(cache.acquire(jobs[0], bundle))
    deepEqual([error.code, error.disposition], ['BUNDLE_CORRUPT', 'retry'])
    match(error.message, new RegExp(bundle.hash))
  }
  equal(fileSystem.files.size, 0)
  contents.set(bundle.hash, one)
  await cache.acquire(jobs[0], bundle)
  equal(fetched.length, 4)
})

test('a full disk is named, with the directory and the bytes needed', async () => {
  const { cache, fileSystem } = world()
  fileSystem.writeError = new Error('ENOSPC: no space left on device')
  const error = await failure(cache.acquire(jobs[0], bundleOf(one)))
  equal(error.code, 'BUNDLE_STORE_FULL')
  match(error.message, /20 bytes\) in \/bundles cannot be written: ENOSPC/)
  fileSystem.writeError = undefined
  await cache.acquire(jobs[0], bundleOf(one))
})

test('bundles that no job uses make room for others', async () => {
  const { cache, fileSystem, fetched } = world({ sizeBytesMax: 30 })
  await cache.acquire(jobs[0], bundleOf(one))
  const error = await failure(cache.acquire(jobs[1], bundleOf(two)))
  equal(error.code, 'BUNDLE_STORE_FULL')
  match(error.message, /30 bytes, running jobs use 20/)
  cache.release(jobs[0])
  await cache.acquire(jobs[1], bundleOf(two))
  deepEqual([...fileSystem.files.keys()], [`/bundles/${bundleOf(two).hash}.mjs`])
  cache.releaseAll()
  await cache.acquire(jobs[0], bundleOf(one))
  deepEqual([...fileSystem.files.keys()], [`/bundles/${bundleOf(one).hash}.mjs`])
  equal(fetched.length, 3)
})

test('a bundle is kept after its job, and not fetched again while there is room', async () => {
  const { cache, fetched } = world()
  await cache.acquire(jobs[0], bundleOf(one))
  cache.release(jobs[0])
  await cache.acquire(jobs[1], bundleOf(one))
  equal(fetched.length, 1)
})

test('a file that someone deleted is fetched again', async () => {
  const { cache, fileSystem, fetched } = world()
  const path = await cache.acquire(jobs[0], bundleOf(one))
  fileSystem.files.delete(path)
  await cache.acquire(jobs[0], bundleOf(one))
  equal(fetched.length, 2)
  equal(fileSystem.files.size, 1)
})

test('a failed fetch says so and may be tried again', async () => {
  const { fileSystem } = world()
  const cache = new BundleCache(
    silentLogger,
    fileSystem,
    async function* () {
      await settlePromises()
      yield one
      throw new Error('stream reset')
    },
    { directory: '/bundles', sizeBytesMax: 1000 },
  )
  await rejects(cache.acquire(jobs[0], bundleOf(one)), { code: 'RPC_FAILED', disposition: 'retry' })
})

test('what an earlier process left is deleted, and nothing else', async () => {
  const { cache, fileSystem } = world()
  fileSystem.files.set(`/bundles/${bundleOf(one).hash}.mjs`, one)
  fileSystem.files.set('/bundles/notes.txt', one)
  await cache.clear()
  deepEqual([...fileSystem.files.keys()], ['/bundles/notes.txt'])
})
