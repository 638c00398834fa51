import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import type { DataConnection, DataListener } from '@millrace/core'
import { TcpDataTransport } from './data-connection.ts'

const transport = new TcpDataTransport({ bindHost: '127.0.0.1', advertisedHost: '127.0.0.1' })

/** Takes what comes and says when it is over. */
class Collected {
  readonly closed: PromiseWithResolvers<Error | undefined> = Promise.withResolvers()
  text = ''
  #waiting: (() => void) | undefined

  onData(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1')
    this.#waiting?.()
  }

  onClosed(error: Error | undefined): void {
    this.closed.resolve(error)
  }

  async until(length: number): Promise<void> {
    while (this.text.length < length) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }
}

interface Pair {
  readonly listener: DataListener
  readonly near: { readonly connection: DataConnection; readonly got: Collected }
  readonly far: { readonly connection: DataConnection; readonly got: Collected }
}

async function connect(): Promise<Pair> {
  const accepted = Promise.withResolvers<Pair['far']>()
  const listener = await transport.listen((connection) => {
    const got = new Collected()
    accepted.resolve({ connection, got })
    return got
  })
  const got = new Collected()
  const connection = await transport.connect(listener.address, got)
  return { listener, near: { connection, got }, far: await accepted.promise }
}

test('bytes go both ways in order, and writers learn when their buffer is free', async () => {
  const { listener, near, far } = await connect()
  let written = 0
  for (let i = 0; i < 100; i++) {
    near.connection.write(Buffer.alloc(10_000, 65 + (i % 26)), () => written++)
  }
  await far.got.until(1_000_000)
  far.connection.write(Buffer.from('answer'))
  await near.got.until(6)
  assert.equal(near.got.text, 'answer')
  assert.equal(far.got.text[0], 'A')
  assert.equal(far.got.text[10_000], 'B')
  assert.equal(written, 100)
  near.connection.close()
  assert.equal(await near.got.closed.promise, undefined)
  await far.got.closed.promise
  listener.close()
})

test('a write to a closed connection gives the buffer back', async () => {
  const { listener, near, far } = await connect()
  far.connection.close()
  await near.got.closed.promise
  await new Promise<void>((resolve) => near.connection.write(Buffer.from('late'), resolve))
  listener.close()
})

test('closing the listener closes what it accepted', async () => {
  const { listener, near } = await connect()
  listener.close()
  await near.got.closed.promise
})

test('an address where nobody listens is a lost connection', async () => {
  const { listener, near } = await connect()
  listener.close()
  await near.got.closed.promise
  await assert.rejects(transport.connect(listener.address, new Collected()), {
    code: 'CONNECTION_LOST',
  })
  await assert.rejects(transport.connect('nonsense', new Collected()), { code: 'CONNECTION_LOST' })
})

test('a connection that is reset reports an error and disturbs nobody', async () => {
  const closed = Promise.withResolvers<Error | undefined>()
  const listener = await transport.listen(() => ({ onData: () => {}, onClosed: closed.resolve }))
  const [, port] = listener.address.split(':')
  const socket = net.connect(Number(port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.resetAndDestroy()
  assert.match(String(await closed.promise), /ECONNRESET/)
  listener.close()
})
