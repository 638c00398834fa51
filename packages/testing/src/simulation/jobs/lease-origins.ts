import type {
  AllocationId,
  SlotCommand,
  TaskExecutorMessage,
  TaskManagerMessage,
} from '@millrace/core'
import type { ClusterObserver, SessionPlace } from '../cluster/cluster-observer.ts'
import type { Actor } from '../world/actor.ts'

/** Which JobManager each task comes from: attempts are numbered anew by each of them. */
export class LeaseOrigins implements ClusterObserver {
  /** In the order of their start. */
  readonly #processes: Actor[] = []
  readonly #originOf = new Map<AllocationId, number>()
  readonly #originOfThread = new Map<Actor, number>()

  onProcessStarted(actor: Actor): void {
    this.#processes.push(actor)
  }

  onSent(place: SessionPlace, message: TaskExecutorMessage | TaskManagerMessage): void {
    if (message.kind !== 'allocate-slot') return
    this.#originOf.set(message.allocationId, this.#processes.indexOf(place.actor))
  }

  onSlotCommand(thread: Actor, command: SlotCommand): void {
    if (command.kind !== 'submit-task') return
    const origin = this.#originOf.get(command.deployment.allocationId)
    if (origin !== undefined) this.#originOfThread.set(thread, origin)
  }

  /** Higher for a later JobManager. */
  of(thread: Actor): number {
    return this.#originOfThread.get(thread) ?? 0
  }
}
