import { randomFraction } from '@millrace/core'
import type { Actor } from '../world/actor.ts'
import type { Links } from './links.ts'

/**
 * One direction of a connection: items arrive in order, each after a while; while its hosts are
 * cut off from each other they wait, as TCP's do.
 */
export class Pipe<Item> {
  readonly links: Links
  readonly #from: Actor
  readonly #to: Actor
  readonly #deliver: (item: Item) => void
  /** Arrivals are counted, not named: each takes the oldest item, so none overtakes another. */
  readonly #items: Item[] = []
  #lastArrivalMs = 0

  constructor(links: Links, from: Actor, to: Actor, deliver: (item: Item) => void) {
    this.links = links
    this.#from = from
    this.#to = to
    this.#deliver = deliver
  }

  push(item: Item, label: string): void {
    this.#items.push(item)
    this.#travel(label)
  }

  /** What is on its way is lost. */
  clear(): void {
    this.#items.length = 0
  }

  #travel(label: string): void {
    const { simulation } = this.links
    const arrivalMs = Math.max(
      simulation.nowMs + this.links.delayMs(this.#from.host, this.#to.host),
      this.#lastArrivalMs,
    )
    this.#lastArrivalMs = arrivalMs
    simulation.schedule(this.#to, arrivalMs - simulation.nowMs, label, () => this.#arrive(label))
  }

  #arrive(label: string): void {
    if (this.links.isBlocked(this.#from.host, this.#to.host)) {
      this.links.whenHealed(() => this.#travel(label))
      return
    }
    const item = this.#items.shift()
    if (item !== undefined) this.#deliver(item)
  }
}

/** A delay drawn between two bounds. */
export function between(random: { uint32(): number }, minMs: number, maxMs: number): number {
  return minMs + randomFraction(random) * (maxMs - minMs)
}
