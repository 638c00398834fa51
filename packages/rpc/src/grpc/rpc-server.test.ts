import { strict as assert } from 'node:assert'
import { createHash, randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { credentials } from '@grpc/grpc-js'
import { BundleHash, JobId, MillraceError, SeededRandom, silentLogger } from '@millrace/core'
import type { DispatcherGateway } from '../gateway/dispatcher-gateway.ts'
import type { HealthCheckResponse__Output } from '../generated/grpc/health/v1/HealthCheckResponse.ts'
import { TcpLivenessProbe } from '../io/tcp-liveness-probe.ts'
import { SessionServer } from '../session/session-server.ts'
import { createDispatcherClient, type DispatcherClientOptions } from './dispatcher-client.ts'
import { fetchBundle } from './fetch-bundle.ts'
import { dispatcherOf, systemClock } from './grpc-test-support.ts'
import { healthProto } from './proto-definition.ts'
import { type RpcServer, type RpcServerOptions, startRpcServer } from './rpc-server.ts'

const jobId = JobId.parse('0123456789abcdef0123456789abcdef')
const environment = { clock: systemClock, random: new SeededRandom(7), logger: silentLogger }

function sessionServer(): SessionServer {
  return new SessionServer(
    environment,
    new TcpLivenessProbe(),
    {},
    {
      onTaskManagerRegistered: () => new MillraceError('REGISTRATION_REFUSED', 'not here'),
    },
  )
}

async function start(
  context: TestContext,
  methods: Partial<DispatcherGateway>,
  options: Partial<RpcServerOptions> & Partial<DispatcherClientOptions> = {},
) {
  const server = await startRpcServer({
    host: '127.0.0.1',
    port: 0,
    dispatcher: dispatcherOf(methods),
    sessions: sessionServer(),
    readBundle: async function* () {},
    ...(options.readBundle && { readBundle: options.readBundle }),
  })
  const client = createDispatcherClient(server.address, {
    ...(options.callTimeoutMs && { callTimeoutMs: options.callTimeoutMs }),
  })
  context.after(() => server.close())
  context.after(() => client.close())
  return { server, client }
}

async function failureOf(promise: Promise<unknown>): Promise<MillraceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof MillraceError, `expected a MillraceError, not ${error}`)
  return error
}

async function* inPieces(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.byteLength; i += sizeBytes) yield bytes.subarray(i, i + sizeBytes)
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  return Buffer.concat(pieces)
}

function referenceOf(bytes: Uint8Array) {
  const hash = BundleHash.parse(createHash('sha256').update(bytes).digest('hex'))
  return { hash, sizeBytes: bytes.byteLength }
}

test('an error of the Dispatcher arrives as it was thrown', async (context) => {
  const thrown = new MillraceError('JOB_NOT_FOUND', 'Job ünbekannt is not known: list the jobs.', {
    disposition: 'reject-request',
    blame: 'user',
    details: { jobId, count: 3, isKnown: false },
  })
  const { client } = await start(context, { cancelJob: () => Promise.reject(thrown) })
  const error = await failureOf(client.cancelJob(jobId))
  const { code, message, disposition, blame, details, stack } = error
  assert.deepEqual(
    { code, message, disposition, blame, details, stack },
    {
      code: 'JOB_NOT_FOUND',
      message: thrown.message,
      disposition: 'reject-request',
      blame: 'user',
      details: { jobId, count: 3, isKnown: false },
      stack: thrown.stack,
    },
  )
})

test('an error with an endless message and stack still arrives with its code', async (context) => {
  const thrown = new MillraceError('JOB_MODULE_THREW', 'é'.repeat(500_000))
  thrown.stack = 'at somewhere\n'.repeat(100_000)
  const { client } = await start(context, { cancelJob: () => Promise.reject(thrown) })
  const error = await failureOf(client.cancelJob(jobId))
  assert.equal(error.code, 'JOB_MODULE_THREW')
  assert.match(error.message, /^é{8000}/)
})

test('a request that cannot be decoded is refused and names itself', async (context) => {
  const { client } = await start(context, {})
  const error = await failureOf(client.cancelJob('nonsense' as JobId))
  assert.equal(error.code, 'RPC_MESSAGE_INVALID')
  assert.match(error.message, /CancelJobRequest.*'nonsense'/)
})

test('a JobManager that is not there is named, with what to do', async () => {
  const client = createDispatcherClient('127.0.0.1:1')
  const error = await failureOf(client.listJobs())
  assert.equal(error.code, 'JOB_MANAGER_UNREACHABLE')
  assert.match(error.message, /at 127\.0\.0\.1:1: connect ECONNREFUSED 127\.0\.0\.1:1\. Start one/)
  assert.match(error.message, /millrace cluster start/)
  client.close()
})

test('a JobManager that does not answer is given up after the time-out', async (context) => {
  const never = new Promise<never>(() => {})
  const { client } = await start(context, { listJobs: () => never }, { callTimeoutMs: 100 })
  const error = await failureOf(client.listJobs())
  assert.equal(error.code, 'JOB_MANAGER_UNREACHABLE')
  assert.match(error.message, /ListJobs within 100 ms/)
})

test('a bundle of 5 MB is uploaded and fetched unchanged', async (context) => {
  const bundle = randomBytes(5 * 1024 * 1024 + 17)
  const expected = referenceOf(bundle)
  let stored: Uint8Array = new Uint8Array()
  const { client, server } = await start(
    context,
    {
      uploadBundle: async (reference, chunks) => {
        assert.deepEqual(reference, expected)
        stored = await joined(chunks)
      },
      hasBundle: (hash) => Promise.resolve(hash === expected.hash && stored.byteLength > 0),
    },
    {
      readBundle: (hash) => {
        assert.equal(hash, expected.hash)
        return inPieces(stored, 1_000_000)
      },
    },
  )
  assert.equal(await client.hasBundle(expected.hash), false)
  await client.uploadBundle(expected, inPieces(bundle, 700_001))
  assert.ok(bundle.equals(stored))
  assert.equal(await client.hasBundle(expected.hash), true)
  assert.ok(bundle.equals(await joined(fetchBundle(server.address, expected.hash))))
})

test('an upload that the Dispatcher refuses half-way ends with its error', async (context) => {
  const bundle = randomBytes(5 * 1024 * 1024)
  const { client } = await start(context, {
    uploadBundle: async (_, chunks) => {
      for await (const _chunk of chunks) {
        throw new MillraceError('BUNDLE_STORE_FULL', 'The disk is full: make room.')
      }
    },
  })
  const error = await failureOf(client.uploadBundle(referenceOf(bundle), inPieces(bundle, 65_536)))
  assert.equal(error.code, 'BUNDLE_STORE_FULL')
})

test('an upload whose source fails ends with that failure, at both ends', async (context) => {
  const ended = Promise.withResolvers<unknown>()
  const begun = Promise.withResolvers<void>()
  const { client } = await start(context, {
    uploadBundle: async (_, chunks) => {
      begun.resolve()
      await joined(chunks).then(() => ended.resolve('complete'), ended.resolve)
    },
  })
  const failure = new Error('the file is gone')
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10)
    await begun.promise
    throw failure
  }
  await assert.rejects(client.uploadBundle(referenceOf(randomBytes(20)), failing()), failure)
  assert.match(String(await ended.promise), /broken off after 10 of 20 bytes/)
})

test('a bundle that is not there is said by the error of the store', async (context) => {
  const missing = new MillraceError('FILE_NOT_FOUND', 'No such bundle.')
  const { server } = await start(
    context,
    {},
    {
      readBundle: async function* () {
        yield await Promise.reject(missing)
      },
    },
  )
  const { hash } = referenceOf(Buffer.from('x'))
  const error = await failureOf(joined(fetchBundle(server.address, hash)))
  assert.equal(error.code, 'FILE_NOT_FOUND')
})

test('a port in use is named with host and number', async (context) => {
  const { server } = await start(context, {})
  const options = {
    host: '127.0.0.1',
    port: server.port,
    dispatcher: dispatcherOf({}),
    sessions: sessionServer(),
    readBundle: async function* () {},
  }
  const error = await failureOf(startRpcServer(options))
  assert.equal(error.code, 'ADDRESS_IN_USE')
  assert.ok(error.message.includes(`127.0.0.1:${server.port} `))
})

test('the health service says SERVING', async (context) => {
  const { server } = await start(context, {})
  const health = new healthProto(server.address, credentials.createInsecure())
  const check = promisify<{ service: string }, HealthCheckResponse__Output | undefined>(
    health.check.bind(health),
  )
  assert.equal((await check({ service: '' }))?.status, 'SERVING')
  assert.equal((await check({ service: 'millrace.v1.Dispatcher' }))?.status, 'SERVING')
  await assert.rejects(check({ service: 'nonsense' }), /unknown/)
  health.close()
})

test('closing lets a call under way end', async (context) => {
  const answer = Promise.withResolvers<readonly never[]>()
  const asked = Promise.withResolvers<void>()
  const { client, server } = await start(context, {
    listJobs: () => {
      asked.resolve()
      return answer.promise
    },
  })
  const jobs = client.listJobs()
  await asked.promise
  const closed = (server satisfies RpcServer).close()
  answer.resolve([])
  assert.deepEqual(await jobs, [])
  await closed
})
