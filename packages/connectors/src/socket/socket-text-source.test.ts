import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { SeededRandom, silentLogger } from '@millrace/core'
import fc from 'fast-check'
import { testSourceContract } from '../source-contract-test-support.ts'
import { ManualClock, SourceRun } from '../source-test-support.ts'
import type { SocketTextSourceOptions } from './options.ts'
import { RecordBuffer } from './record-buffer.ts'
import type { SocketAccess, SocketHandler } from './socket-access.ts'
import { SocketTextSource } from './socket-text-source.ts'

const settlePromises = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A network on which the test plays the peer. */
class ScriptedNetwork implements SocketAccess {
  readonly handlers: SocketHandler[] = []
  readonly said: string[] = []

  connect(_address: unknown, handler: SocketHandler) {
    this.handlers.push(handler)
    const say = (what: string) => (): void => {
      this.said.push(what)
    }
    return { pause: say('pause'), resume: say('resume'), close: say('close') }
  }

  get peer(): SocketHandler {
    const peer = this.handlers.at(-1)
    if (peer === undefined) throw new Error('Nobody has connected')
    return peer
  }
}

async function connected(options: SocketTextSourceOptions = {}, parallelism = 1) {
  const network = new ScriptedNetwork()
  const source = new SocketTextSource('peer', 9999, options, network)
  const run = new SourceRun(source, parallelism)
  await settlePromises()
  return { network, run }
}

testSourceContract({
  name: 'sockets',
  create: async (t) => {
    const server = createServer((socket) => {
      // A client that closes early is none of this server's business.
      socket.on('error', () => {})
      socket.end('one\ntwo\nthree\n')
    })
    server.listen(0, 'localhost')
    t.after(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return () => new SocketTextSource('localhost', port)
  },
  records: ['one', 'two', 'three'],
  isReplayable: false,
})

test('lines are read from a real server until it closes', async (t: TestContext) => {
  const server = createServer((socket) => {
    socket.write('one\r\ntw')
    socket.end('o\n\nlast without an end')
  })
  server.listen(0, 'localhost')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const run = new SourceRun(new SocketTextSource('localhost', port), 3)
  await run.run(new SeededRandom(1))
  deepEqual(run.all, ['one', 'two', '', 'last without an end'])
  await run.close()
})

test('nobody listening fails the source, naming host and port', async () => {
  const { network, run } = await connected()
  network.peer.onClosed(new Error('connect ECONNREFUSED'))
  throws(() => run.poll(0, 1), { code: 'SOURCE_FAILED', message: /peer:9999 .*ECONNREFUSED/ })
})

test('it connects again with growing pauses, and gives up after the last retry', async () => {
  const { network, run } = await connected({ maxRetries: 2, retryDelayMs: 100 })
  network.peer.onClosed(new Error('refused'))
  run.clock.advance(99)
  equal(network.handlers.length, 1)
  run.clock.advance(1)
  equal(network.handlers.length, 2)
  network.peer.onData(Buffer.from('hello\n'))
  network.peer.onClosed(undefined)
  run.clock.advance(100)
  network.peer.onClosed(new Error('refused'))
  run.clock.advance(199)
  equal(network.handlers.length, 3)
  run.clock.advance(1)
  equal(network.handlers.length, 4)
  network.peer.onClosed(new Error('refused'))
  throws(() => run.poll(0, 1), { code: 'SOURCE_FAILED', message: /after 2 retries/ })
  deepEqual(run.all, ['hello'], 'what came is emitted first')
})

test('a peer that sends faster than records are taken is made to wait', async () => {
  const { network, run } = await connected()
  const line = `${'x'.repeat(99)}\n`
  network.peer.onData(Buffer.from(line.repeat(11_000)))
  deepEqual(network.said, ['pause'])
  while (run.poll(0, 100) === 'more-available') ok(run.all.length <= 11_000)
  deepEqual(network.said, ['pause', 'resume'])
  equal(run.all.length, 11_000)
})

test('a record without end fails the source', async () => {
  const { network, run } = await connected({ recordSizeMaxBytes: 10, delimiter: '|' })
  network.peer.onData(Buffer.from('a|bbbbbbbbbbbbbbb'))
  throws(() => run.poll(0, 1), {
    code: 'RECORD_TOO_LARGE',
    message: /peer:9999 is longer than 10 bytes, with no delimiter "\|"/,
  })
  deepEqual(run.all, ['a'])
})

test('one subtask connects, and the others end', async () => {
  const { network, run } = await connected({}, 3)
  equal(network.handlers.length, 1)
  const statuses = [0, 1, 2].map((i) => run.poll(i, 1)).sort()
  deepEqual(statuses, ['end-of-input', 'end-of-input', 'nothing-available'])
  await run.close()
  deepEqual(network.said, ['close'])
})

test('senseless settings are refused', () => {
  throws(() => new SocketTextSource('peer', 0), { code: 'ARGUMENT_INVALID' })
  throws(() => new SocketTextSource('peer', 1, { delimiter: '' }), { code: 'ARGUMENT_INVALID' })
})

test('records are cut the same however their bytes arrive', () => {
  const setting = fc.record({
    records: fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { maxLength: 8 }),
    delimiter: fc.constantFrom('|', '<>', 'ž', '\n'),
    cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
  })
  fc.assert(
    fc.property(setting, ({ records, delimiter, cuts }) => {
      const clean = records.map((each) => each.replaceAll(delimiter, '').replaceAll('\r', ''))
      const bytes = Buffer.from(clean.map((each) => each + delimiter).join(''))
      // A record may hold the beginning of a delimiter, so what it is cut into is asked of split.
      const expected = bytes.toString().split(delimiter).slice(0, -1)
      const buffer = new RecordBuffer(delimiter)
      const taken: string[] = []
      let start = 0
      for (let i = 0; start < bytes.length; i++) {
        const end = start + (cuts[i % cuts.length] ?? 1)
        buffer.add(bytes.subarray(start, end))
        while (buffer.recordCount > 0) taken.push(buffer.take())
        start = end
      }
      deepEqual(taken, expected)
    }),
  )
})

test('a source that is restored says that what was in flight is lost', () => {
  for (const isRestored of [true, false]) {
    const said: string[] = []
    const source = new SocketTextSource('peer', 9999, {}, new ScriptedNetwork())
    const reader = source.createReader({
      subtaskIndex: 0,
      parallelism: 1,
      clock: new ManualClock(),
      logger: { ...silentLogger, warn: (event) => void said.push(event) },
      sendSplitRequest: () => {},
      sendEventToEnumerator: () => {},
    })
    const splits = [{ host: 'peer', port: 9999 }]
    if (isRestored) reader.addSplits(splits)
    reader.start()
    if (!isRestored) reader.addSplits(splits)
    equal(said.join(), isRestored ? 'socket cannot be read again, what was in flight is lost' : '')
    reader.close()
  }
})
