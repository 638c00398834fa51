import type {
  AllocationId,
  JobId,
  SessionId,
  SlotCommand,
  TaskExecutorMessage,
  TaskManagerMessage,
} from '@millrace/core'
import type { SessionPlace } from '../cluster/cluster-observer.ts'
import type { Actor } from '../world/actor.ts'
import { Checker } from './checker.ts'

// Invariants
//  - The JobManager leases a slot only after the lease before it was ended, at both ends.
//  - A thread serves one lease of one job.

export class SlotChecker extends Checker {
  /** By session and slot: who has it, as far as the JobManager told the TaskManager. */
  readonly #leases = new Map<string, { readonly allocationId: AllocationId; isFreed: boolean }>()
  readonly #incarnations = new Map<string, number>()
  readonly #jobOfThread = new Map<Actor, JobId>()
  readonly #leaseOfThread = new Map<Actor, AllocationId>()

  onSent(place: SessionPlace, message: TaskExecutorMessage | TaskManagerMessage): void {
    if (place.side !== 'jobmanager') return
    if (message.kind === 'allocate-slot') {
      const { slotIndex, incarnation, allocationId } = message
      const key = keyOf(place.sessionId, slotIndex)
      const held = this.#leases.get(key)
      const leasedAt = this.#incarnations.get(key)
      // The job's graph is another one: the lease is the same.
      const isToldAgain = held?.allocationId === allocationId && !held.isFreed
      if (isToldAgain && leasedAt === incarnation) return
      if (held !== undefined && leasedAt === incarnation) {
        this.violate(
          'slot-leased-once',
          `Slot ${slotIndex} of ${place.host} was leased as ${allocationId} at incarnation ` +
            `${incarnation}, which ${held.allocationId} has${held.isFreed ? ' had' : ''}`,
        )
      }
      this.#leases.set(key, { allocationId, isFreed: false })
      this.#incarnations.set(key, incarnation)
    } else if (message.kind === 'free-slot') {
      for (const lease of this.#leases.values()) {
        if (lease.allocationId === message.allocationId) lease.isFreed = true
      }
    }
  }

  onSlotCommand(thread: Actor, command: SlotCommand): void {
    if (command.kind === 'prepare') {
      const known = this.#jobOfThread.get(thread)
      if (known !== undefined && known !== command.job.jobId) {
        this.violate('thread-serves-one-job', `${thread.name} was prepared for a second job`)
      }
      this.#jobOfThread.set(thread, command.job.jobId)
    } else if (command.kind === 'submit-task') {
      const { allocationId, jobId } = command.deployment
      const known = this.#leaseOfThread.get(thread) ?? allocationId
      this.#leaseOfThread.set(thread, known)
      if (known !== allocationId || this.#jobOfThread.get(thread) !== jobId) {
        this.violate('thread-serves-one-lease', `${thread.name} got a task of ${allocationId}`)
      }
    }
  }
}

function keyOf(sessionId: SessionId, slotIndex: number): string {
  return `${sessionId} ${slotIndex}`
}
