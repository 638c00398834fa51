import type { Clock, Timer } from '@millrace/core'
import type { Actor } from './actor.ts'
import type { Simulation } from './simulation.ts'

/** 2026-01-01T00:00:00Z, so that wall time and monotonic time cannot be mixed up. */
const epochMs = 1_767_225_600_000

/** What the wall shows at a time of the simulation. */
export function wallClockMs(nowMs: number): number {
  return Math.floor(epochMs + nowMs)
}

/** The clock of one process or thread; its timers end with it. */
export class SimulatedClock implements Clock {
  readonly #simulation: Simulation
  readonly #actor: Actor

  constructor(simulation: Simulation, actor: Actor) {
    this.#simulation = simulation
    this.#actor = actor
  }

  now(): number {
    return wallClockMs(this.#simulation.readClock())
  }

  monotonicMs(): number {
    return this.#simulation.readClock()
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#simulation.schedule(this.#actor, delayMs, 'timer', callback)
  }

  setImmediate(callback: () => void): void {
    this.#simulation.schedule(this.#actor, 0, 'immediate', callback)
  }
}
