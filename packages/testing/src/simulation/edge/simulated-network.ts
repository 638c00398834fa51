import type { Random } from '@millrace/core'
import type { Actor } from '../world/actor.ts'
import type { Simulation } from '../world/simulation.ts'
import { type ConnectionEnd, connectEnds, type EndHandler } from './connection.ts'
import { type LinkOptions, Links } from './links.ts'
import { between } from './pipe.ts'

interface Listener {
  readonly actor: Actor
  /** 'kernel': a stopped process is connected to, too; 'application': it has to answer. */
  readonly acceptedBy: 'kernel' | 'application'
  accept(end: ConnectionEnd<never, never>): EndHandler<never>
}

interface OpenConnection {
  readonly label: string
  readonly ends: readonly { cut(afterMs: number): void }[]
}

export type Reachability = 'refused' | 'accepted' | 'unknown'

/** After this long a connection attempt that nobody answers is given up. */
const connectTimeoutMs = 10_000
const probeTimeoutMs = 1000

/** Hosts, addresses and the connections between them. */
export class SimulatedNetwork {
  readonly simulation: Simulation
  readonly links: Links
  readonly #random: Random
  readonly #listeners = new Map<string, Listener>()
  readonly #connections = new Set<OpenConnection>()
  #portCount = 40_000

  constructor(simulation: Simulation, options: LinkOptions) {
    this.simulation = simulation
    this.links = new Links(simulation, options)
    this.#random = simulation.random('network')
  }

  /** Of all connections, as `label`s. */
  get openLabels(): readonly string[] {
    return [...this.#connections].map((connection) => connection.label)
  }

  freeAddress(host: string): string {
    return `${host}:${this.#portCount++}`
  }

  /** The listener goes with its actor. The answer closes it. */
  listen<Out, In>(
    actor: Actor,
    address: string,
    acceptedBy: 'kernel' | 'application',
    accept: (end: ConnectionEnd<Out, In>) => EndHandler<In>,
  ): () => void {
    const listener: Listener = {
      actor,
      acceptedBy,
      accept: accept as unknown as Listener['accept'],
    }
    this.#listeners.set(address, listener)
    const close = (): void => {
      if (this.#listeners.get(address) === listener) this.#listeners.delete(address)
    }
    const forget = actor.onDeath(close)
    return () => {
      forget()
      close()
    }
  }

  /** Resolves when accepted; rejects when refused, or when nobody answered for 10 s. */
  connect<Out, In>(
    actor: Actor,
    address: string,
    label: string,
    handler: EndHandler<In>,
  ): Promise<ConnectionEnd<Out, In>> {
    const { promise, resolve, reject } = Promise.withResolvers<ConnectionEnd<Out, In>>()
    let isGivenUp = false
    const giveUp = (reason: string): void => {
      isGivenUp = true
      reject(new Error(`connect ${address}: ${reason}`))
    }
    const timer = this.simulation.schedule(actor, connectTimeoutMs, 'connect timed out', () =>
      giveUp('no answer'),
    )
    const answer = (text: string, run: () => void): void => {
      const delayMs = this.links.delayMs(hostOf(address), actor.host)
      this.simulation.schedule(actor, delayMs, text, () => {
        if (isGivenUp) return
        timer.cancel()
        run()
      })
    }
    this.#reach(actor, address, (listener) => {
      if (isGivenUp || !actor.isAlive) return
      if (listener === undefined) {
        answer('connect refused', () => giveUp('refused'))
        return
      }
      const gate = new Gate(handler)
      const connected = (end: ConnectionEnd<Out, In>): void =>
        answer('connected', () => {
          resolve(end)
          this.simulation.schedule(actor, 0, 'connection opens', () => gate.open())
        })
      this.#open<Out, In>(actor, listener, label, { handler: gate, onConnected: connected })
    })
    return promise
  }

  /** Whether anybody listens there; 'unknown' where no answer comes for 1 s. */
  probe(actor: Actor, address: string): Promise<Reachability> {
    const { promise, resolve } = Promise.withResolvers<Reachability>()
    this.simulation.schedule(actor, probeTimeoutMs, 'probe timed out', () => resolve('unknown'))
    this.#reach(actor, address, (listener) => {
      const host = hostOf(address)
      if (this.links.isBlocked(host, actor.host)) return
      const found = listener === undefined ? 'refused' : 'accepted'
      const delayMs = this.links.delayMs(host, actor.host)
      this.simulation.schedule(actor, delayMs, `probe ${found}`, () => resolve(found))
    })
    return promise
  }

  /** Cuts the open connections of which `isMeant` holds; each end learns of it by itself. */
  cut(isMeant: (label: string) => boolean, withinMs: number): number {
    const meant = [...this.#connections].filter(({ label }) => isMeant(label))
    for (const { ends } of meant) {
      for (const end of ends) end.cut(between(this.#random, 0, withinMs))
    }
    return meant.length
  }

  /** Cuts `host` off from the others, in both directions or in one. */
  isolate(host: string, others: readonly string[], direction: 'both' | 'in' | 'out'): void {
    for (const other of others) {
      if (direction !== 'out') this.links.block(other, host)
      if (direction !== 'in') this.links.block(host, other)
    }
  }

  heal(): void {
    this.links.heal()
  }

  /** Calls `found` at the address's host, after the way there, once the way is free. */
  #reach(actor: Actor, address: string, found: (listener: Listener | undefined) => void): void {
    const host = hostOf(address)
    const arrive = (): void => {
      if (this.links.isBlocked(actor.host, host)) this.links.whenHealed(arrive)
      else found(this.#listeners.get(address))
    }
    const delayMs = this.links.delayMs(actor.host, host)
    this.simulation.schedule(this.simulation.world, delayMs, `dial ${address}`, arrive)
  }

  /** The accepting end hears nothing before it ran its `accept`. */
  #open<Out, In>(
    actor: Actor,
    listener: Listener,
    label: string,
    caller: {
      readonly handler: EndHandler<In>
      readonly onConnected: (end: ConnectionEnd<Out, In>) => void
    },
  ): void {
    let openCount = 2
    const onClosed = (): void => {
      openCount--
      if (openCount === 0) this.#connections.delete(connection)
    }
    const farGate = new Gate<Out>()
    const { near, far } = connectEnds<Out, In>(
      this.links,
      { actor, handler: caller.handler },
      { actor: listener.actor, handler: farGate },
      onClosed,
    )
    const connection: OpenConnection = { label, ends: [near, far] }
    this.#connections.add(connection)
    if (listener.acceptedBy === 'kernel') caller.onConnected(near)
    this.simulation.schedule(listener.actor, 0, `accept ${label}`, () => {
      farGate.handler = listener.accept(far as unknown as ConnectionEnd<never, never>)
      if (listener.acceptedBy === 'application') caller.onConnected(near)
      farGate.open()
    })
  }
}

/** Holds back what comes before it is opened. */
class Gate<In> implements EndHandler<In> {
  handler: EndHandler<In> | undefined
  #early: (() => void)[] | undefined = []

  constructor(handler?: EndHandler<In>) {
    this.handler = handler
  }

  open(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const deliver of early) deliver()
  }

  onItem(item: In): void {
    this.#pass(() => this.handler?.onItem(item))
  }

  onClosed(error: Error | undefined): void {
    this.#pass(() => this.handler?.onClosed(error))
  }

  #pass(deliver: () => void): void {
    if (this.#early === undefined) deliver()
    else this.#early.push(deliver)
  }
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
