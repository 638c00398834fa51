import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '@millrace/core'
import { MemoryFileSystem } from '../memory-file-system-test-support.ts'
import { sketchBundle } from './bundle-sketch-test-support.ts'
import { BundleStore } from './bundle-store.ts'

const directory = '/bundles'

async function openStore(sizeMaxBytes: number, fileSystem = new MemoryFileSystem()) {
  const store = new BundleStore(fileSystem, { directory, sizeMaxBytes })
  await store.open()
  return { store, fileSystem }
}

function put(store: BundleStore, bundle: ReturnType<typeof sketchBundle>): Promise<void> {
  return store.put(bundle.reference, bundle.chunks())
}

const first = sketchBundle('first bundle')
const second = sketchBundle('other bundle')
const third = sketchBundle('third bundle')

test('a bundle is read as it was stored, and by a store opened later', async () => {
  const { store, fileSystem } = await openStore(100)
  await put(store, first)
  assert.equal(new TextDecoder().decode(await store.read(first.reference.hash)), 'first bundle')
  const { store: later } = await openStore(100, fileSystem)
  assert.ok(later.has(first.reference.hash))
  assert.equal(later.sizeBytes, first.reference.sizeBytes)
})

test('its module URL names the file', async () => {
  const { store, fileSystem } = await openStore(100)
  await put(store, first)
  const [path] = fileSystem.files.keys()
  assert.equal(store.moduleUrl(store.retain(first.reference.hash)), `file://${path}`)
})

test('content of another hash is refused and leaves nothing behind', async () => {
  const { store, fileSystem } = await openStore(100)
  await assert.rejects(store.put(first.reference, second.chunks()), {
    code: 'BUNDLE_CORRUPT',
    disposition: 'reject-request',
  })
  assert.equal(fileSystem.files.size, 0)
  await put(store, first)
})

test('what is uploaded is written as it comes', async () => {
  const fileSystem = new MemoryFileSystem()
  const { store } = await openStore(100, fileSystem)
  const written: number[] = []
  fileSystem.writeFileAtomically = async (_path, content) => {
    assert.ok(!(content instanceof Uint8Array))
    for await (const chunk of content) written.push(chunk.length)
  }
  let asked = 0
  const text = new TextEncoder().encode('first bundle')
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const byte of text) {
      assert.equal(written.length, asked, 'the piece before is written before the next is read')
      asked++
      yield Uint8Array.of(byte)
    }
  }
  await store.put(first.reference, chunks())
  assert.equal(written.length, text.length)
})

test('nothing is read beyond the promised size', async () => {
  const { store, fileSystem } = await openStore(100)
  let given = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given++
      yield new Uint8Array(5)
    }
  }
  await assert.rejects(store.put(first.reference, endless()), { code: 'BUNDLE_CORRUPT' })
  assert.equal(given, 3)
  assert.equal(fileSystem.files.size, 0)
})

test('an upload that breaks off says so itself, and can be tried again', async () => {
  const { store, fileSystem } = await openStore(12)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(5)
    throw new Error('the line is dead')
  }
  await assert.rejects(store.put(first.reference, broken()), /^Error: the line is dead$/)
  assert.equal(fileSystem.files.size, 0)
  await put(store, first)
})

test('an upload that an earlier process did not end is deleted', async () => {
  const fileSystem = new MemoryFileSystem()
  fileSystem.files.set(`${directory}/abc.mjs.tmp`, new Uint8Array(5))
  await openStore(100, fileSystem)
  assert.equal(fileSystem.files.size, 0)
})

test('content of another length is refused', async () => {
  const { store } = await openStore(100)
  const { hash, sizeBytes } = first.reference
  for (const announced of [sizeBytes - 1, sizeBytes + 1]) {
    const reference = { hash, sizeBytes: announced }
    await assert.rejects(store.put(reference, first.chunks()), { code: 'BUNDLE_CORRUPT' })
  }
})

test('a file that was damaged is told, removed, and can be stored again', async () => {
  const { store, fileSystem } = await openStore(100)
  await put(store, first)
  const [path] = fileSystem.files.keys()
  fileSystem.files.set(path!, new TextEncoder().encode('first bundlE'))
  await assert.rejects(store.read(first.reference.hash), { code: 'BUNDLE_CORRUPT' })
  assert.equal(store.has(first.reference.hash), false)
  await put(store, first)
  await store.read(first.reference.hash)
})

test('the same bundle uploaded twice at once is stored once', async () => {
  const { store } = await openStore(12)
  await Promise.all([put(store, first), put(store, first)])
  assert.equal(store.sizeBytes, 12)
})

test('the longest unused bundle makes room; one in use never does', async () => {
  const { store, fileSystem } = await openStore(24)
  await put(store, first)
  await put(store, second)
  store.retain(first.reference.hash)
  await put(store, third)
  assert.deepEqual(
    [first, second, third].map(({ reference }) => store.has(reference.hash)),
    [true, false, true],
  )
  assert.equal(fileSystem.files.size, 2)
})

test('a full store says size, limit and directory', async () => {
  const { store } = await openStore(20)
  await put(store, first)
  store.retain(first.reference.hash)
  await assert.rejects(put(store, second), (error: MillraceError) => {
    assert.equal(error.code, 'BUNDLE_STORE_FULL')
    assert.match(error.message, /12 bytes does not fit into \/bundles: 12 of the 20 bytes/)
    return true
  })
  store.release(first.reference.hash)
  await put(store, second)
})

test('uploads at the same time do not exceed the bound together', async () => {
  const { store } = await openStore(30)
  const results = await Promise.allSettled([first, second, third].map((each) => put(store, each)))
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'fulfilled', 'rejected'],
  )
})

test('a full disk is told as such, with its cause', async () => {
  const { store, fileSystem } = await openStore(100)
  fileSystem.isFull = true
  await assert.rejects(put(store, first), (error: MillraceError) => {
    assert.equal(error.code, 'BUNDLE_STORE_FULL')
    assert.match(error.message, /the disk is full \(no space left on device\)/)
    assert.ok(error.cause instanceof Error)
    return true
  })
})

test('a bundle that was never stored is told to be uploaded', async () => {
  const { store } = await openStore(100)
  assert.throws(() => store.retain(first.reference.hash), { code: 'FILE_NOT_FOUND' })
  await assert.rejects(store.read(first.reference.hash), { code: 'FILE_NOT_FOUND' })
})
