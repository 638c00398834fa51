import { type Random, randomFraction } from '@millrace/core'
import type { Simulation } from '../world/simulation.ts'

export interface LinkOptions {
  /** Longest usual delay between two hosts. */
  readonly delayMsMax: number
  /** How often a message takes much longer, 0 to 1. */
  readonly spikeProbability: number
  readonly spikeMsMax: number
}

/** What lies between hosts: delays, and directions that are cut off for a while. */
export class Links {
  readonly simulation: Simulation
  readonly #options: LinkOptions
  readonly #random: Random
  readonly #blocked = new Set<string>()
  #waiting: (() => void)[] = []

  constructor(simulation: Simulation, options: LinkOptions) {
    this.simulation = simulation
    this.#options = options
    this.#random = simulation.random('links')
  }

  delayMs(from: string, to: string): number {
    const random = this.#random
    if (from === to) return 0.01 + randomFraction(random) * 0.05
    const { delayMsMax, spikeProbability, spikeMsMax } = this.#options
    const spikes = randomFraction(random) < spikeProbability
    return 0.05 + randomFraction(random) * (spikes ? spikeMsMax : delayMsMax)
  }

  /** Whether nothing gets through in this direction. */
  isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(`${from}>${to}`)
  }

  get isAnyBlocked(): boolean {
    return this.#blocked.size > 0
  }

  block(from: string, to: string): void {
    if (from !== to) this.#blocked.add(`${from}>${to}`)
  }

  /** All directions are open again. */
  heal(): void {
    if (this.#blocked.size === 0) return
    this.#blocked.clear()
    const waiting = this.#waiting
    this.#waiting = []
    for (const callback of waiting) callback()
  }

  /** Runs `callback` when directions opened again; it looks for itself whether its own did. */
  whenHealed(callback: () => void): void {
    this.#waiting.push(callback)
  }
}
