import type { SessionPlace } from '../cluster/cluster-observer.ts'
import { jobManagerHost } from '../cluster/simulated-job-manager.ts'
import type { Actor } from '../world/actor.ts'
import type { Simulation } from '../world/simulation.ts'
import { Checker } from './checker.ts'

/** How long the JobManager may take to notice a killed process that it can reach. */
const killNoticedMsMax = 1000

// Invariants
//  - A killed TaskManager is noticed at once: its session closes long before the heartbeat
//    time-out, unless the network or the JobManager was disturbed meanwhile. So was it where the
//    process that follows on that host stands still: its address answers, and it says nothing.

export class DetectionChecker extends Checker {
  readonly #isDisturbed: () => boolean
  readonly #open = new Map<SessionPlace, number | undefined>()
  readonly #latest = new Map<string, Actor>()

  /** `isDisturbed`: links are cut, or the JobManager stands still. */
  constructor(simulation: Simulation, isDisturbed: () => boolean) {
    super(simulation)
    this.#isDisturbed = isDisturbed
  }

  onSessionOpened(place: SessionPlace): void {
    if (place.side === 'taskmanager') this.#open.set(place, undefined)
  }

  onSessionClosed(place: SessionPlace): void {
    for (const known of this.#open.keys()) {
      if (known.sessionId === place.sessionId) this.#open.delete(known)
    }
  }

  /** The sessions of a JobManager end with it. */
  onProcessStarted(actor: Actor): void {
    this.#latest.set(actor.host, actor)
    if (actor.host === jobManagerHost) this.#open.clear()
  }

  onTick(): void {
    const { nowMs } = this.simulation
    for (const [place, deadSinceMs] of this.#open) {
      if (place.actor.isAlive) continue
      const isDisturbed = this.#isDisturbed() || this.#latest.get(place.host)?.isStopped === true
      if (deadSinceMs === undefined || isDisturbed) this.#open.set(place, nowMs)
      else if (nowMs - deadSinceMs > killNoticedMsMax) {
        this.#open.delete(place)
        this.violate(
          'kill-noticed-at-once',
          `${place.actor.name} has been dead for ${Math.round(nowMs - deadSinceMs)} ms, and its ` +
            'session is still open',
        )
      }
    }
  }
}
