import type { SessionId } from '@millrace/core'
import type { SessionPlace } from '../cluster/cluster-observer.ts'
import { jobManagerHost } from '../cluster/simulated-job-manager.ts'
import type { Actor } from '../world/actor.ts'
import { Checker } from './checker.ts'

// Invariants
//  - A TaskManager that had a session with a JobManager has none with an earlier one after that.
//  - A JobManager that wakes beside its successor ends. What it does until then changes nothing:
//    that is seen by the jobs, which come to the right end.

export class LeadershipChecker extends Checker {
  readonly #jobManagers: Actor[] = []
  /** Which JobManager, by its place in that order, has the session. */
  readonly #orderOf = new Map<SessionId, number>()
  readonly #latestOf = new Map<Actor, number>()

  onProcessStarted(actor: Actor): void {
    if (actor.host === jobManagerHost) this.#jobManagers.push(actor)
  }

  onSessionOpened({ side, sessionId, actor }: SessionPlace): void {
    if (side === 'jobmanager') {
      this.#orderOf.set(sessionId, this.#jobManagers.indexOf(actor))
      return
    }
    const order = this.#orderOf.get(sessionId) ?? 0
    const latest = this.#latestOf.get(actor) ?? 0
    if (order < latest) {
      this.violate(
        'stale-job-manager-refused',
        `${actor.name} took a session of ${this.#jobManagers[order]?.name}, after one of ` +
          `${this.#jobManagers[latest]?.name}`,
      )
    }
    this.#latestOf.set(actor, Math.max(order, latest))
  }

  onQuiescent(): void {
    for (const actor of this.#jobManagers.slice(0, -1)) {
      if (actor.isAlive) this.violate('stale-job-manager-ends', `${actor.name} is alive`)
    }
  }
}
