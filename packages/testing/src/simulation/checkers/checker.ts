import type { Simulation } from '../world/simulation.ts'

/** Watches a cluster for a few invariants: a ClusterObserver with what it looks at. */
export abstract class Checker {
  protected readonly simulation: Simulation

  constructor(simulation: Simulation) {
    this.simulation = simulation
  }

  protected violate(invariant: string, message: string): void {
    this.simulation.violate(invariant, message)
  }
}
