import {
  assert,
  type DataAddress,
  type DataConnection,
  type DataConnectionHandler,
  type DataListener,
  type DataTransport,
  MillraceError,
  type Random,
  randomBelow,
} from '@millrace/core'
import type { Actor } from '../world/actor.ts'
import type { ConnectionEnd, EndHandler } from './connection.ts'
import type { SimulatedNetwork } from './simulated-network.ts'

/** Fills what a receiver must not look at any more. */
const poison = 0xdb

/**
 * The data plane of one slot thread in memory. Bytes are cut into pieces at random places, as TCP
 * does; a sender that changes bytes before `onWritten`, or a receiver that keeps them after
 * `onData`, is found out.
 */
export class SimulatedDataTransport implements DataTransport {
  readonly #network: SimulatedNetwork
  readonly #actor: Actor
  readonly #random: Random

  constructor(network: SimulatedNetwork, actor: Actor) {
    this.#network = network
    this.#actor = actor
    this.#random = network.simulation.random(`data ${actor.name}`)
  }

  listen(accept: (connection: DataConnection) => DataConnectionHandler): Promise<DataListener> {
    const address = this.#network.freeAddress(this.#actor.host)
    const close = this.#network.listen<Uint8Array, Uint8Array>(
      this.#actor,
      address,
      'kernel',
      (end) => {
        const connection = new SimulatedDataConnection(this.#network, end)
        const handler = accept(connection)
        return connection.bind(handler, this.#random)
      },
    )
    return Promise.resolve({ address, close })
  }

  async connect(address: DataAddress, handler: DataConnectionHandler): Promise<DataConnection> {
    let receiver: EndHandler<Uint8Array> | undefined
    try {
      const end = await this.#network.connect<Uint8Array, Uint8Array>(
        this.#actor,
        address,
        `data ${this.#actor.host} ${address}`,
        {
          onItem: (bytes) => receiver?.onItem(bytes),
          onClosed: (error) => receiver?.onClosed(error),
        },
      )
      const connection = new SimulatedDataConnection(this.#network, end)
      receiver = connection.bind(handler, this.#random)
      return connection
    } catch (cause) {
      const message = `No connection to the slot at ${address}.`
      throw new MillraceError('CONNECTION_LOST', message, { cause, disposition: 'retry' })
    }
  }
}

class SimulatedDataConnection implements DataConnection {
  readonly #network: SimulatedNetwork
  readonly #end: ConnectionEnd<Uint8Array, Uint8Array>
  /** Called once each, when written or when closed, in order. */
  readonly #unwritten = new Set<() => void>()
  #handler: DataConnectionHandler | undefined

  constructor(network: SimulatedNetwork, end: ConnectionEnd<Uint8Array, Uint8Array>) {
    this.#network = network
    this.#end = end
  }

  bind(handler: DataConnectionHandler, random: Random): EndHandler<Uint8Array> {
    this.#handler = handler
    return {
      onItem: (bytes) => this.#receive(bytes, random),
      onClosed: (error) => this.#closed(error),
    }
  }

  write(bytes: Uint8Array, onWritten?: () => void): void {
    const { actor } = this.#end
    if (!actor.isRunning) return
    const written = (): void => {
      if (onWritten !== undefined && this.#unwritten.delete(onWritten)) onWritten()
    }
    if (onWritten !== undefined) this.#unwritten.add(onWritten)
    if (!this.#end.isOpen) {
      this.#network.simulation.schedule(actor, 0, 'not written', written)
      return
    }
    const copy = bytes.slice()
    this.#end.send(copy, 'data', () => {
      if (!this.#end.isOpen) return
      assertUnchanged(bytes, copy)
      this.#network.simulation.schedule(actor, 0, 'written', written)
    })
  }

  close(): void {
    if (!this.#end.isOpen || !this.#end.actor.isRunning) return
    this.#end.close()
    this.#network.simulation.schedule(this.#end.actor, 0, 'data connection closed', () =>
      this.#closed(undefined),
    )
  }

  #receive(bytes: Uint8Array, random: Random): void {
    let start = 0
    while (start < bytes.length && this.#end.isOpen) {
      const isCut = randomBelow(random, 4) === 0
      const length = isCut ? 1 + randomBelow(random, bytes.length - start) : bytes.length - start
      const piece = bytes.subarray(start, start + length)
      this.#handler?.onData(piece)
      piece.fill(poison)
      start += length
    }
  }

  #closed(error: Error | undefined): void {
    const handler = this.#handler
    this.#handler = undefined
    for (const onWritten of [...this.#unwritten]) onWritten()
    this.#unwritten.clear()
    handler?.onClosed(error)
  }
}

function assertUnchanged(bytes: Uint8Array, copy: Uint8Array): void {
  const isUnchanged = Buffer.compare(bytes, copy) === 0
  assert(isUnchanged, 'Bytes were changed before the data connection gave them back')
}
