// A real server that speaks S3 is killed, cut off, slow and busy while checkpoint storage is used:
// nothing is lost, nothing hangs, and nothing that is not whole is ever seen.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CheckpointStorage,
  errorInfo,
  MillraceError,
  randomBelow,
  type S3StorageOptions,
  SeededRandom,
} from '@millrace/core'
import { CheckpointStorages, collectGarbage } from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { SystemClock } from '../../packages/cli/src/io/system-clock.ts'
import { SystemRandom } from '../../packages/cli/src/io/system-random.ts'
import { type Fate, S3Proxy } from '../real-cluster/s3-proxy.ts'
import { S3Server } from '../real-cluster/s3-server.ts'

const partBytes = 5 * 1024 * 1024
const largeBytes = 2 * partBytes + 1000

let server: S3Server
let proxy: S3Proxy
let count = 0

before(async () => {
  server = await S3Server.start()
  proxy = await S3Proxy.start(server.port)
})

afterEach(() => {
  proxy.fateOf = () => 'pass'
  proxy.delayMs = 0
})

after(async () => {
  proxy?.close()
  await server?.stop()
})

function open(more: Partial<S3StorageOptions> = {}, location = newLocation()): CheckpointStorage {
  const storages = new CheckpointStorages({
    clock: new SystemClock(),
    random: new SystemRandom(),
    fileSystem: new NodeFileSystem(),
    s3: { ...server.options(proxy.port), partSizeBytes: partBytes, ...more },
  })
  return storages.open(location)
}

/** Past the proxy: what there really is. */
function direct({ location }: CheckpointStorage): CheckpointStorage {
  return open({ endpoint: server.options().endpoint }, location)
}

function newLocation(): string {
  return `s3://${server.bucket}/job-${count++}`
}

function contentOf(name: string, length: number): Buffer {
  return Buffer.alloc(length, `${name} `)
}

test('what is written while the server is killed and started again is all there, and whole', async (context) => {
  const storage = open({ retriesMax: 50, requestTimeoutMs: 120_000 })
  const sizes = Array.from({ length: 30 }, (_, at) => (at % 10 === 9 ? largeBytes : 20_000))
  let isOver = false
  let killCount = 0
  const kills = (async () => {
    for (; !isOver; killCount++) {
      await delay(100 * (1 + (killCount % 8)))
      await server.kill()
      await delay(100)
      await server.startAgain()
    }
  })()
  const created: boolean[] = []
  try {
    for (const [at, size] of sizes.entries()) {
      await storage.write(`a/${at}`, contentOf(`a/${at}`, size))
      created.push(await storage.create(`chk-${at}/_metadata`, contentOf(`${at}`, 3000)))
    }
  } finally {
    isOver = true
    await kills
  }
  context.diagnostic(`${killCount} kills`)
  assert.ok(created.every(Boolean))
  for (const [at, size] of sizes.entries()) {
    assert.ok(contentOf(`a/${at}`, size).equals(await storage.read(`a/${at}`)), `a/${at}`)
    const metadata = await storage.read(`chk-${at}/_metadata`)
    assert.ok(contentOf(`${at}`, 3000).equals(metadata))
  }
  assert.equal((await storage.list('')).length, 2 * sizes.length)
})

test('a request that the server did and nobody was told of is not taken for another’s', async () => {
  const storage = open()
  for (const fates of [['cut after'], ['cut after', 'cut before'], ['bad gateway', 'cut after']]) {
    const name = `chk-${count++}/_metadata`
    const left = [...fates] as Fate[]
    proxy.fateOf = (method) => (method === 'PUT' ? (left.shift() ?? 'pass') : 'pass')
    assert.equal(await storage.create(name, Buffer.from('mine')), true, fates.join())
    assert.deepEqual(left, [])
    assert.equal(await storage.create(name, Buffer.from('mine')), false)
    assert.equal(Buffer.from(await storage.read(name)).toString(), 'mine')
  }
})

test('a confirmed creation that was done and not answered is known, and a fenced one is not done', async () => {
  const storage = open()
  const confirm = async (): Promise<void> => {}
  const isCompletion = (method: string, path: string): boolean =>
    method === 'POST' && path.includes('uploadId=')
  for (const fates of [['cut after'], ['cut before'], ['bad gateway', 'cut after']]) {
    const name = `chk-${count++}/_metadata`
    const left = [...fates] as Fate[]
    proxy.fateOf = (method, path) =>
      isCompletion(method, path) ? (left.shift() ?? 'pass') : 'pass'
    assert.equal(await storage.create(name, Buffer.from('mine'), confirm), true, fates.join())
    assert.deepEqual(left, [])
    assert.equal(await storage.create(name, Buffer.from('mine'), confirm), false)
    assert.equal(Buffer.from(await storage.read(name)).toString(), 'mine')
  }
  // Who takes over deletes what is unfinished while the request that completes it is on its way.
  const name = `chk-${count++}/_metadata`
  const left: Fate[] = ['cut before']
  proxy.fateOf = (method, path) => (isCompletion(method, path) ? (left.shift() ?? 'pass') : 'pass')
  const successor = direct(storage)
  const takeOver = async (): Promise<void> => {
    for (const file of await successor.inspect('')) {
      if (file.name.endsWith('.tmp')) await successor.delete(file.name)
    }
  }
  await assert.rejects(storage.create(name, Buffer.from('late'), takeOver), {
    code: 'FILE_WRITE_FAILED',
    message: /NoSuchUpload.*another JobManager has taken over/,
  })
  assert.ok(!(await storage.list('')).includes(name))
  assert.ok((await storage.inspect('')).every((file) => !file.name.endsWith('.tmp')))
})

test('of two that create a name while answers are lost one is told it did', async () => {
  const random = new SeededRandom(7)
  const first = open({ retriesMax: 40 })
  const storages = [first, open({ retriesMax: 40 }, first.location)]
  proxy.fateOf = (method) => {
    if (method !== 'PUT') return 'pass'
    return (['pass', 'cut after', 'pass', 'cut before'] as const)[randomBelow(random, 4)] ?? 'pass'
  }
  for (let round = 0; round < 12; round++) {
    const name = `chk-${round}/_metadata`
    const answers = await Promise.all(
      storages.map((storage, at) => storage.create(name, Buffer.from(`writer ${at}`))),
    )
    assert.equal(answers.filter(Boolean).length, 1, `round ${round}: ${answers}`)
    const content = Buffer.from(await first.read(name)).toString()
    assert.equal(content, `writer ${answers.indexOf(true)}`)
  }
})

test('a server that is busy, or cut off in the middle of answers, is asked again', async () => {
  const random = new SeededRandom(3)
  const fates: readonly Fate[] = [
    ...['slow down', 'bad gateway', 'cut before', 'cut after', 'cut answer'],
    ...['pass', 'pass', 'pass', 'pass', 'pass'],
  ] as Fate[]
  const storage = open({ retriesMax: 30 })
  const names = Array.from({ length: 24 }, (_, at) => `a/${at}`)
  proxy.fateOf = () => fates[randomBelow(random, fates.length)] ?? 'pass'
  const sizeOf = (name: string): number => (name.endsWith('7') ? largeBytes : 50_000)
  await Promise.all(names.map((name) => storage.write(name, contentOf(name, sizeOf(name)))))
  const read = await Promise.all(names.map((name) => storage.read(name)))
  for (const [at, name] of names.entries()) {
    assert.ok(contentOf(name, sizeOf(name)).equals(read[at] ?? Buffer.alloc(0)), name)
  }
  assert.deepEqual([...(await storage.list('a'))].sort(), names.toSorted())
  await Promise.all(names.map((name) => storage.delete(name)))
  assert.deepEqual(await storage.list(''), [])
  for (const fate of fates) assert.ok((proxy.counts[fate] ?? 0) > 0, fate)
})

test('a server that never answers is given up after s3.request.timeout, and named', async () => {
  const storage = open({ idleTimeoutMs: 300, requestTimeoutMs: 1_500 })
  proxy.fateOf = () => 'hang'
  const begin = performance.now()
  const operations = [
    storage.write('a', Buffer.from('x')),
    storage.create('b', Buffer.from('x')),
    storage.read('c'),
    storage.list(''),
    storage.delete('d'),
    storage.copyFrom(open(), 'e'),
  ]
  await Promise.all(
    operations.map((operation) =>
      assert.rejects(operation, (error: MillraceError) => {
        assert.match(error.code, /^FILE_(WRITE|READ)_FAILED$/)
        assert.match(error.message, /TimeoutError.*Look whether the server of s3\.endpoint runs/)
        return true
      }),
    ),
  )
  const elapsedMs = performance.now() - begin
  // The outcome of `create` is asked for, for as long again.
  assert.ok(elapsedMs < 10_000, `${elapsedMs} ms`)
  proxy.fateOf = () => 'pass'
  assert.deepEqual(await storage.list(''), [])
})

test('a slow server is waited for, and asked for several things at a time', async () => {
  const storage = open()
  proxy.delayMs = 400
  const begin = performance.now()
  const names = Array.from({ length: 16 }, (_, at) => `a/${at}`)
  await Promise.all(names.map((name) => storage.write(name, contentOf(name, 1000))))
  assert.ok(performance.now() - begin < names.length * proxy.delayMs)
  assert.equal((await storage.list('')).length, names.length)
})

test('a large file that could not be finished is not seen, and gc deletes what was sent', async () => {
  const storage = open({ retriesMax: 1 })
  const hash = createHash('sha256').update('any').digest('hex')
  const name = `0123456789abcdef0123456789abcdef/1-${hash}`
  proxy.fateOf = (method, path) => {
    const isLost = path.includes('partNumber=2') || method === 'DELETE'
    return isLost ? 'bad gateway' : 'pass'
  }
  await assert.rejects(storage.write(name, contentOf('x', largeBytes)), {
    code: 'FILE_WRITE_FAILED',
  })
  assert.deepEqual(await storage.list(''), [])
  await assert.rejects(storage.read(name), { code: 'FILE_NOT_FOUND' })
  const [left, ...others] = await storage.inspect('')
  assert.deepEqual(others, [])
  assert.match(left?.name ?? '', /^0123456789abcdef0123456789abcdef\/1-.*\.tmp$/)
  assert.equal(left?.sizeBytes, partBytes + 1000)
  proxy.fateOf = () => 'pass'
  const options = { nowMs: Date.now() + 60_000, isJobOver: false, isDryRun: false }
  const young = await collectGarbage(storage, { ...options, ageMinMs: 3_600_000 })
  assert.deepEqual([young.garbage.length, young.young.length], [0, 1])
  const { garbage, failures } = await collectGarbage(storage, { ...options, ageMinMs: 1 })
  assert.deepEqual([garbage.length, failures.length], [1, 0])
  assert.deepEqual(await direct(storage).inspect(''), [])
  await storage.write(name, contentOf('x', largeBytes))
  assert.deepEqual(await storage.list(''), [name])
})

test('a large file is copied on the server, whose bytes do not come by here', async () => {
  const [source, target] = ['from', 'to'].map((name) => `${newLocation()}/${name}`)
  const storages = new CheckpointStorages({
    clock: new SystemClock(),
    random: new SystemRandom(),
    fileSystem: new NodeFileSystem(),
    s3: { ...server.options(proxy.port), partSizeBytes: partBytes },
  })
  const from = storages.open(source ?? '')
  await from.write('a/large', contentOf('x', largeBytes))
  const methods: string[] = []
  proxy.fateOf = (method) => {
    methods.push(method)
    return 'pass'
  }
  const to = storages.open(target ?? '')
  await to.copyFrom(from, 'a/large')
  assert.deepEqual(methods, ['HEAD', 'HEAD', 'PUT'])
  assert.ok(contentOf('x', largeBytes).equals(await to.read('a/large')))
})

test('what is wrong is said with what to do, and never with the secret', async () => {
  const wrong = (accessKey: string, secretKey: string) => ({
    credentials: { accessKey, secretKey },
  })
  const cases: readonly (readonly [CheckpointStorage, RegExp])[] = [
    [open({}, 's3://no-such-bucket/job'), /NoSuchBucket.*Make the bucket no-such-bucket/],
    [open(wrong('testkey', 'other-secret')), /SignatureDoesNotMatch.*Check s3\.access-key/],
    [open(wrong('nobody', 'testsecret')), /nobody|access key ID.*Check s3\.access-key/],
    [
      open({ endpoint: 'http://127.0.0.1:9', retriesMax: 1 }),
      /ECONNREFUSED.*2 attempts.*Look whether the server of s3\.endpoint runs/,
    ],
  ]
  for (const [storage, message] of cases) {
    const operations = [
      () => storage.write('a/1', Buffer.from('x')),
      () => storage.create('a/1', Buffer.from('x')),
      () => storage.read('a/1'),
      () => storage.list(''),
    ]
    for (const operation of operations) {
      await assert.rejects(operation, (error: MillraceError) => {
        assert.ok(error instanceof MillraceError)
        assert.match(error.code, /^FILE_(WRITE|READ)_FAILED$/)
        assert.match(error.message, message)
        assert.ok(error.message.includes(storage.location))
        assert.doesNotMatch(JSON.stringify(errorInfo(error)), /testsecret|other-secret/)
        return true
      })
    }
  }
})
