import {
  type AllocationId,
  type ExecutionAttemptId,
  isTerminal,
  keyGroupRange,
  type SessionId,
  type SlotCommand,
  type SlotEvent,
  type SlotStatus,
  type TaskDeployment,
  type TaskExecutorMessage,
  type TaskManagerMessage,
} from '@millrace/core'
import type { SessionPlace } from '../cluster/cluster-observer.ts'
import { jobManagerHost } from '../cluster/simulated-job-manager.ts'
import type { Actor } from '../world/actor.ts'
import type { Simulation } from '../world/simulation.ts'
import { Checker } from './checker.ts'

/** An attempt as the JobManager sees it. */
interface Owned {
  readonly deployment: TaskDeployment
  readonly sessionId: SessionId
}

/** An attempt that a slot thread runs. */
interface Live {
  readonly deployment: TaskDeployment
  readonly thread: Actor
  /** Since when it should not live any more; undefined while it may. */
  staleSinceMs: number | undefined
}

// Invariants
//  - When the JobManager starts an attempt, every earlier one of that subtask, and of any that has
//    key groups in common with it, is over, or out of its hands: it said so, its lease was ended by
//    either side, or its session is closed.
//  - An attempt that is out of the JobManager's hands ends within the time a TaskManager needs to
//    find out, as long as its process runs.

export class AttemptChecker extends Checker {
  readonly #staleMsMax: number
  readonly #owned = new Map<ExecutionAttemptId, Owned>()
  /** The newest. */
  #jobManager: Actor | undefined
  readonly #live = new Map<ExecutionAttemptId, Live>()

  constructor(simulation: Simulation, staleMsMax: number) {
    super(simulation)
    this.#staleMsMax = staleMsMax
  }

  /** Threads that run a task, or would if they were not blocked. */
  get busyThreads(): readonly Actor[] {
    return [...new Set(this.#living().map(({ thread }) => thread))]
  }

  onSent(place: SessionPlace, message: TaskExecutorMessage | TaskManagerMessage): void {
    if (place.side !== 'jobmanager') return
    // What a JobManager deploys beside its successor must end as if it were out of its hands.
    if (place.actor !== this.#jobManager) return
    if (message.kind === 'submit-task') this.#submitted(place, message.deployment)
    if (message.kind === 'free-slot') this.#freed(message.allocationId)
  }

  onReceived(place: SessionPlace, message: TaskExecutorMessage | TaskManagerMessage): void {
    if (place.side !== 'jobmanager') return
    if (message.kind === 'slot-report') this.#reported(place.sessionId, message.slots)
    if (message.kind !== 'task-execution-state') return
    const { attemptId, state } = message.state
    if (isTerminal(state)) this.#owned.delete(attemptId)
  }

  onSessionClosed(place: SessionPlace): void {
    if (place.side === 'jobmanager') this.#disown((each) => each.sessionId === place.sessionId)
  }

  /** A JobManager that was started anew knows nothing of what the one before had begun. */
  onProcessStarted(actor: Actor): void {
    if (actor.host !== jobManagerHost) return
    this.#jobManager = actor
    this.#disown(() => true)
  }

  onSlotCommand(thread: Actor, command: SlotCommand): void {
    if (command.kind !== 'submit-task') return
    const { deployment } = command
    const { attemptId } = deployment
    if (this.#live.has(attemptId)) {
      this.violate('attempt-runs-once', `${attemptId} was submitted twice`)
    }
    const staleSinceMs = this.#owned.has(attemptId) ? undefined : this.simulation.nowMs
    this.#live.set(attemptId, { deployment, thread, staleSinceMs })
  }

  onSlotEvent(_thread: Actor, event: SlotEvent): void {
    if (event.kind !== 'task-execution-state') return
    if (isTerminal(event.state.state)) this.#live.delete(event.state.attemptId)
  }

  onTick(): void {
    const { nowMs } = this.simulation
    for (const live of this.#living()) {
      const { deployment, thread, staleSinceMs } = live
      const process = thread.parent
      // While its process stands still it cannot find out.
      if (process?.isStopped === true) live.staleSinceMs &&= nowMs
      if (staleSinceMs === undefined || nowMs - staleSinceMs <= this.#staleMsMax) continue
      if (process?.isStopped === true) continue
      this.violate(
        'fenced-attempts-end',
        `${deployment.attemptId} lives on ${thread.name} ${Math.round(nowMs - staleSinceMs)} ms ` +
          'after it was out of the hands of the JobManager',
      )
    }
  }

  onQuiescent(): void {
    for (const { deployment, thread } of this.#living()) {
      this.violate('no-task-left', `${deployment.attemptId} lives on ${thread.name}`)
    }
  }

  #submitted(place: SessionPlace, deployment: TaskDeployment): void {
    for (const { deployment: other } of this.#owned.values()) {
      if (!haveCommonKeys(other, deployment)) continue
      this.violate(
        'one-live-attempt',
        `${deployment.attemptId} was submitted while ${other.attemptId} was not over`,
      )
    }
    this.#owned.set(deployment.attemptId, { deployment, sessionId: place.sessionId })
  }

  /** A lease that its TaskManager does not know any more is over. */
  #reported(sessionId: SessionId, slots: readonly SlotStatus[]): void {
    const held = new Set(slots.map((slot) => slot.allocationId))
    this.#disown((each) => {
      return each.sessionId === sessionId && !held.has(each.deployment.allocationId)
    })
  }

  #freed(allocationId: AllocationId): void {
    this.#disown(({ deployment }) => deployment.allocationId === allocationId)
  }

  #disown(isMeant: (owned: Owned) => boolean): void {
    for (const [attemptId, owned] of [...this.#owned]) {
      if (!isMeant(owned)) continue
      this.#owned.delete(attemptId)
      const live = this.#live.get(attemptId)
      if (live !== undefined) live.staleSinceMs ??= this.simulation.nowMs
    }
  }

  #living(): readonly Live[] {
    for (const [attemptId, { thread }] of this.#live) {
      if (!thread.isAlive) this.#live.delete(attemptId)
    }
    return [...this.#live.values()]
  }
}

/** One subtask, or one before and one after a rescale that key groups are of. */
function haveCommonKeys(left: TaskDeployment, right: TaskDeployment): boolean {
  if (left.jobId !== right.jobId || left.vertexId !== right.vertexId) return false
  const one = keyGroupRange(left.subtaskIndex, left.parallelism)
  const other = keyGroupRange(right.subtaskIndex, right.parallelism)
  return one.start < other.end && other.start < one.end
}
