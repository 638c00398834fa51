import type { Region } from '../region/region.ts'

/** A restart to come: of these regions, when all their tasks are over and the delay is. */
export class Failover {
  readonly dueMs: number
  /** The tasks go on in the slots that they had; else in others, with fresh threads. */
  readonly keepsSlots: boolean
  readonly #regions = new Set<Region>()
  #isDue: boolean

  constructor(nowMs: number, delayMs: number, keepsSlots: boolean) {
    this.dueMs = nowMs + delayMs
    this.keepsSlots = keepsSlots
    this.#isDue = delayMs === 0
  }

  get regions(): ReadonlySet<Region> {
    return this.#regions
  }

  get isReady(): boolean {
    return this.#isDue && [...this.#regions].every((region) => region.state === 'restarting')
  }

  add(region: Region): void {
    this.#regions.add(region)
  }

  onDelayOver(): void {
    this.#isDue = true
  }
}
