import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, s3StorageDefaults } from '@millrace/core'
import { ObjectRequests } from './object-requests.ts'
import { ObjectStoreError } from './object-store.ts'
import { busy, cutOff, HurriedClock, MemoryObjectStore } from './object-store-test-support.ts'
import { S3CheckpointStorage } from './s3-checkpoint-storage.ts'

const mine = Buffer.from('mine')

function setting() {
  const clock = new HurriedClock()
  const random = new SeededRandom(1)
  const store = new MemoryObjectStore()
  const requests = new ObjectRequests(clock, random, { ...s3StorageDefaults, retriesMax: 3 })
  const storage = new S3CheckpointStorage(
    { requests, random, options: s3StorageDefaults },
    store,
    'some/job',
  )
  return { clock, store, storage }
}

/** Throws these after the requests of a kind, in turn. */
function afterwards(store: MemoryObjectStore, kind: string, ...errors: ObjectStoreError[]): void {
  store.fault = (request, when) => {
    const error = request === kind && when === 'done' ? errors.shift() : undefined
    if (error !== undefined) throw error
  }
}

test('names lie below the prefix, which the location tells', async () => {
  const { clock, store, storage } = setting()
  await clock.run(storage.write('a/1', mine))
  assert.deepEqual([...store.objects.keys()], ['some/job/a/1'])
  assert.equal(storage.location, 's3://bucket/some/job')
})

test('a creation that was done and not answered is known as one’s own', async () => {
  for (const forgetsWriters of [false, true]) {
    const { clock, store, storage } = setting()
    store.forgetsWriters = forgetsWriters
    afterwards(store, 'put', cutOff())
    assert.equal(await clock.run(storage.create('a', mine)), true)
  }
})

test('what another has created is its own, also with the same content', async () => {
  const { clock, store, storage } = setting()
  store.fault = (request, when) => {
    if (request !== 'put' || when !== 'before' || store.objects.size > 0) return
    // Another comes first, while our first attempt gets lost.
    store.objects.set('some/job/a', { content: mine, writer: 'another' })
    throw cutOff()
  }
  assert.equal(await clock.run(storage.create('a', mine)), false)
})

test('without an answer to any attempt it is asked whose it is', async () => {
  const { clock, store, storage } = setting()
  afterwards(store, 'put', ...Array.from({ length: 4 }, cutOff))
  assert.equal(await clock.run(storage.create('a', mine)), true)
  store.objects.clear()
  store.fault = (request, when) => {
    if (request === 'put' && when === 'before') throw cutOff()
  }
  await assert.rejects(clock.run(storage.create('a', mine)), { code: 'FILE_WRITE_FAILED' })
})

test('where it cannot be found out whose it is, nobody is told that it was created', async () => {
  const { clock, store, storage } = setting()
  store.fault = (_request, when) => {
    if (when === 'done') throw cutOff()
  }
  await assert.rejects(clock.run(storage.create('a', mine)), {
    code: 'FILE_WRITE_FAILED',
    message: /could not be created: .*whether that was this process/,
  })
})

test('an answered refusal is no creation, and nothing more is asked', async () => {
  const { clock, store, storage } = setting()
  await clock.run(storage.write('a', Buffer.from('there')))
  store.requests.length = 0
  assert.equal(await clock.run(storage.create('a', mine)), false)
  assert.deepEqual(store.requests, ['put'])
})

test('a server without conditional writes is named', async () => {
  const { clock, store, storage } = setting()
  store.fault = () => {
    throw new ObjectStoreError('NotImplemented', 'A header is not implemented', 501)
  }
  await assert.rejects(clock.run(storage.create('a', mine)), { message: /If-None-Match/ })
})

test('an object that has become shorter is not read as if it were whole', async () => {
  const { clock, store, storage } = setting()
  const partSizeBytes = s3StorageDefaults.partSizeBytes
  await clock.run(storage.write('a', Buffer.alloc(partSizeBytes)))
  const key = 'some/job/a'
  store.objects.set(key, { content: Buffer.alloc(2 * partSizeBytes), writer: undefined })
  let readCount = 0
  store.fault = (request, when) => {
    if (request !== 'get' || when !== 'done' || ++readCount > 1) return
    store.objects.set(key, { content: Buffer.alloc(partSizeBytes + 1), writer: undefined })
  }
  await assert.rejects(clock.run(storage.read('a')), {
    code: 'FILE_READ_FAILED',
    message: /shorter/,
  })
})

test('what fails is told with bucket, key, reason and what to do', async () => {
  const { clock, store, storage } = setting()
  const cases: readonly (readonly [ObjectStoreError, RegExp])[] = [
    [new ObjectStoreError('NoSuchBucket', 'gone', 404), /Make the bucket bucket/],
    [new ObjectStoreError('AccessDenied', 'Access Denied.', 403), /They need s3:GetObject/],
    [new ObjectStoreError('HTTP 403', 'refused', 403), /They need s3:GetObject/],
    [new ObjectStoreError('RequestTimeTooSkewed', 'late', 403), /clock of this machine/],
    [new ObjectStoreError('PermanentRedirect', 'elsewhere', 301), /Set s3\.region/],
    [new ObjectStoreError('RegionMissing', 'no region', 400), /Set s3\.region/],
    [
      new ObjectStoreError('CredentialsProviderError', 'none', undefined),
      /Set s3\.access-key and s3\.secret-key for every process/,
    ],
    [busy(), /lower s3\.connection\.max/],
  ]
  for (const [error, advice] of cases) {
    store.fault = () => {
      throw error
    }
    await assert.rejects(clock.run(storage.write('a/1', mine)), {
      code: 'FILE_WRITE_FAILED',
      message: advice,
      details: {
        path: 's3://bucket/some/job/a/1',
        bucket: 'bucket',
        key: 'some/job/a/1',
        reason: error.reason,
        ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
      },
    })
  }
})
