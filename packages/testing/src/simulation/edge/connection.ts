import type { Actor } from '../world/actor.ts'
import type { Links } from './links.ts'
import { Pipe } from './pipe.ts'

/** Who is told what comes by a connection. */
export interface EndHandler<In> {
  onItem(item: In): void
  /** At most once; nothing follows. `error` where the peer did not close it. */
  onClosed(error: Error | undefined): void
}

type Carried<Item> =
  | { readonly kind: 'item'; readonly item: Item; readonly onArrived: (() => void) | undefined }
  | { readonly kind: 'end'; readonly error: Error | undefined }

/** One end of a connection between two actors. What is sent arrives in order, or not at all. */
export class ConnectionEnd<Out, In> {
  readonly actor: Actor
  readonly #out: Pipe<Carried<Out>>
  readonly #onClosed: () => void
  readonly #forgetDeath: () => void
  #handler: EndHandler<In> | undefined
  #isOpen = true

  constructor(
    actor: Actor,
    handler: EndHandler<In>,
    out: Pipe<Carried<Out>>,
    events: { readonly onClosed: () => void },
  ) {
    this.actor = actor
    this.#handler = handler
    this.#out = out
    this.#onClosed = events.onClosed
    this.#forgetDeath = actor.onDeath(() => this.#die())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** `onArrived` is called at the other end when the item got there. */
  send(item: Out, label: string, onArrived?: () => void): void {
    if (!this.#isOpen || !this.actor.isRunning) return
    this.#out.push({ kind: 'item', item, onArrived }, label)
  }

  /** By its owner, who hears no more of it. What was sent arrives before the end does. */
  close(): void {
    if (!this.#isOpen || !this.actor.isRunning) return
    this.#release()
    this.#out.push({ kind: 'end', error: undefined }, 'connection closed')
  }

  /** The network lost it: what is on its way is gone. The owner hears of it `afterMs` from now. */
  cut(afterMs: number): void {
    if (!this.#isOpen) return
    const handler = this.#handler
    this.#release()
    this.#out.clear()
    const { simulation } = this.#links
    simulation.schedule(this.actor, afterMs, 'connection cut', () =>
      handler?.onClosed(new Error('the connection was reset')),
    )
  }

  receive(carried: Carried<In>): void {
    if (!this.#isOpen) return
    if (carried.kind === 'item') {
      carried.onArrived?.()
      this.#handler?.onItem(carried.item)
      return
    }
    const handler = this.#handler
    this.#release()
    handler?.onClosed(carried.error)
  }

  get #links(): Links {
    return this.#out.links
  }

  /** The kernel sends what it has and closes. */
  #die(): void {
    if (!this.#isOpen) return
    this.#release()
    this.#out.push({ kind: 'end', error: new Error('the peer died') }, 'connection lost')
  }

  #release(): void {
    this.#isOpen = false
    this.#handler = undefined
    this.#forgetDeath()
    this.#onClosed()
  }
}

/** Joins two actors. */
export function connectEnds<Near, Far>(
  links: Links,
  near: { readonly actor: Actor; readonly handler: EndHandler<Far> },
  far: { readonly actor: Actor; readonly handler: EndHandler<Near> },
  onClosed: () => void,
): { readonly near: ConnectionEnd<Near, Far>; readonly far: ConnectionEnd<Far, Near> } {
  const toFar = new Pipe<Carried<Near>>(links, near.actor, far.actor, (item) =>
    ends.far.receive(item),
  )
  const toNear = new Pipe<Carried<Far>>(links, far.actor, near.actor, (item) =>
    ends.near.receive(item),
  )
  const ends = {
    near: new ConnectionEnd<Near, Far>(near.actor, near.handler, toFar, { onClosed }),
    far: new ConnectionEnd<Far, Near>(far.actor, far.handler, toNear, { onClosed }),
  }
  return ends
}
