import {
  type AllocationId,
  type ExecutionAttemptId,
  isTerminal,
  type SessionHandler,
  SessionId,
  type SlotStatus,
  type TaskDeployment,
  type TaskExecutionState,
  type TaskExecutorMessage,
  TaskManagerId,
  type TaskManagerMessage,
  type TaskManagerRegistration,
} from '@millrace/core'
import type { SessionServerHandler } from '@millrace/rpc'

export type FakeTaskState = 'deployed' | 'running' | 'canceling'

interface FakeTask {
  readonly deployment: TaskDeployment
  state: FakeTaskState
}

/** What the JobManager has sent and been told of one lease. */
interface KnownLease {
  readonly running: Set<ExecutionAttemptId>
  /** It was told that a task failed there by what it did. */
  isTainted: boolean
  /** It was told that the slot ended, or it freed the slot. */
  isOver: boolean
}

interface FakeSlot {
  incarnation: number
  state: 'starting' | 'free' | 'allocated'
  allocationId: AllocationId | undefined
  readonly tasks: Map<ExecutionAttemptId, FakeTask>
}

/**
 * The protocol of a TaskManager without its threads and its network. What it is sent waits in
 * `inbox` until it is delivered, what it sends in `outbox`.
 */
export class FakeTaskManager {
  readonly id: TaskManagerId
  readonly slots: readonly FakeSlot[]
  readonly inbox: TaskExecutorMessage[] = []
  readonly outbox: TaskManagerMessage[] = []
  readonly releasedJobs: string[] = []
  readonly violations: string[] = []
  /** Checkpoints that its tasks were told to take, and what of them. */
  readonly triggers: { readonly task: FakeTask; readonly checkpointId: number }[] = []
  isOpen = true
  isSuspended = false
  readonly #leases = new Map<AllocationId, KnownLease>()
  #handler: SessionHandler<TaskManagerMessage> | undefined

  constructor(name: string, slotCount: number) {
    this.id = TaskManagerId.parse(name)
    this.slots = Array.from({ length: slotCount }, () => newSlot())
  }

  register(server: SessionServerHandler): this {
    const answer = server.onTaskManagerRegistered(this.#registration(), {
      sessionId: SessionId.parse('0123456789abcdef'),
      send: (message) => {
        if (!this.isOpen) return
        if (this.isSuspended && message.kind === 'allocate-slot') {
          this.violations.push(`slot ${message.slotIndex} leased while ${this.id} is suspended`)
        }
        this.#noteSent(message)
        this.inbox.push(message)
      },
      close: () => {
        this.isOpen = false
      },
    })
    if (answer instanceof Error) throw answer
    this.#handler = answer
    this.reportSlots()
    return this
  }

  /** Delivers all there is, both ways, and what follows from it. */
  settle(): this {
    while (this.isOpen && !this.isSuspended && this.inbox.length + this.outbox.length > 0) {
      this.deliverOne('in')
      this.deliverOne('out')
    }
    return this
  }

  deliverOne(direction: 'in' | 'out'): void {
    if (!this.isOpen || this.isSuspended) return
    if (direction === 'out') {
      const message = this.outbox.shift()
      if (message === undefined) return
      if (message.kind === 'task-execution-state') this.#noteTold(message.state)
      this.#handler?.onMessage(message)
      return
    }
    const message = this.inbox.shift()
    if (message !== undefined) this.#execute(message)
  }

  suspend(): void {
    this.isSuspended = true
    this.#handler?.onSuspended()
  }

  resume(): void {
    this.isSuspended = false
    this.#handler?.onResumed()
  }

  /** The process died, or was cut off too long: all its tasks are over. */
  lose(reason = 'its data port refuses connections'): void {
    this.isOpen = false
    for (const slot of this.slots) slot.tasks.clear()
    this.#handler?.onClosed(reason)
  }

  tasks(): readonly FakeTask[] {
    return this.slots.flatMap((slot) => [...slot.tasks.values()])
  }

  task(taskName: string): FakeTask {
    const found = this.tasks().find(({ deployment }) => nameOf(deployment) === taskName)
    if (found === undefined) throw new Error(`${this.id} does not run ${taskName}`)
    return found
  }

  send(message: TaskManagerMessage): void {
    this.outbox.push(message)
  }

  /** The task reached this state by itself. */
  report(
    task: FakeTask,
    state: TaskExecutionState['state'],
    more: Partial<Pick<TaskExecutionState, 'failure' | 'channelCounts' | 'slotEnded'>> = {},
  ): void {
    const { jobId, attemptId } = task.deployment
    if (state === 'RUNNING' && task.state === 'deployed') task.state = 'running'
    if (state !== 'INITIALIZING' && state !== 'RUNNING') this.#forget(attemptId)
    const { failure, channelCounts = [], slotEnded = false } = more
    this.send({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state, failure, channelCounts, slotEnded },
    })
  }

  /** The slot's thread ended and another one starts. */
  replaceThread(slot: FakeSlot): void {
    slot.incarnation++
    slot.state = 'starting'
    slot.allocationId = undefined
    slot.tasks.clear()
    this.reportSlots()
  }

  becomeReady(slot: FakeSlot): void {
    if (slot.state === 'starting') slot.state = 'free'
    this.reportSlots()
  }

  reportSlots(): void {
    const slots = this.slots.map(
      (slot, slotIndex): SlotStatus => ({
        slotIndex,
        incarnation: slot.incarnation,
        state: slot.state,
        allocationId: slot.allocationId,
        dataAddress: slot.state === 'starting' ? '' : `${this.id}:${slotIndex}`,
      }),
    )
    this.send({ kind: 'slot-report', slots })
  }

  #noteSent(message: TaskExecutorMessage): void {
    if (message.kind === 'free-slot') this.#leaseOf(message.allocationId).isOver = true
    if (message.kind !== 'submit-task') return
    const { allocationId, attemptId } = message.deployment
    const lease = this.#leaseOf(allocationId)
    if (lease.isOver) this.violations.push(`${attemptId} was sent into a slot that has ended`)
    if (lease.isTainted && lease.running.size === 0) {
      this.violations.push(`${attemptId} was sent into a slot in which a task had failed`)
    }
    lease.running.add(attemptId)
  }

  #noteTold({ attemptId, state, failure, slotEnded }: TaskExecutionState): void {
    const lease = [...this.#leases.values()].find(({ running }) => running.has(attemptId))
    if (lease === undefined) return
    if (slotEnded === true) lease.isOver = true
    if (failure !== undefined && failure.blame !== 'external') lease.isTainted = true
    if (isTerminal(state)) lease.running.delete(attemptId)
  }

  #leaseOf(allocationId: AllocationId): KnownLease {
    const known = this.#leases.get(allocationId)
    if (known !== undefined) return known
    const lease = { running: new Set<ExecutionAttemptId>(), isTainted: false, isOver: false }
    this.#leases.set(allocationId, lease)
    return lease
  }

  #execute(message: TaskExecutorMessage): void {
    switch (message.kind) {
      case 'allocate-slot': {
        const slot = this.slots[message.slotIndex]
        if (slot === undefined) throw new Error(`${this.id} has no slot ${message.slotIndex}`)
        if (slot.incarnation === message.incarnation && slot.state === 'free') {
          slot.state = 'allocated'
          slot.allocationId = message.allocationId
        } else if (slot.incarnation === message.incarnation) {
          this.violations.push(`slot ${message.slotIndex} of ${this.id} leased while taken`)
        }
        this.reportSlots()
        return
      }
      case 'free-slot': {
        const slot = this.#slotOf(message.allocationId)
        if (slot === undefined) return
        for (const task of [...slot.tasks.values()]) {
          this.report(task, 'CANCELED', { slotEnded: true })
        }
        this.replaceThread(slot)
        this.becomeReady(slot)
        return
      }
      case 'submit-task':
        this.#submit(message.deployment)
        return
      case 'cancel-task': {
        const task = this.tasks().find((each) => each.deployment.attemptId === message.attemptId)
        if (task !== undefined) task.state = 'canceling'
        return
      }
      case 'release-job':
        this.releasedJobs.push(message.jobId)
        return
      case 'request-log':
        this.send({ kind: 'log', requestId: message.requestId, lines: [`log of ${this.id}`] })
        return
      case 'trigger-checkpoint': {
        const { attemptIds, checkpointId } = message
        const tasks = this.tasks().filter((task) => attemptIds.includes(task.deployment.attemptId))
        this.triggers.push(...tasks.map((task) => ({ task, checkpointId })))
        return
      }
      case 'drain-sources':
      case 'operator-event':
        return
    }
  }

  #submit(deployment: TaskDeployment): void {
    const slot = this.#slotOf(deployment.allocationId)
    // The thread the lease was for is gone: its loss was reported.
    if (slot === undefined) return
    slot.tasks.set(deployment.attemptId, { deployment, state: 'deployed' })
  }

  #forget(attemptId: ExecutionAttemptId): void {
    for (const slot of this.slots) slot.tasks.delete(attemptId)
  }

  #slotOf(allocationId: AllocationId): FakeSlot | undefined {
    return this.slots.find((slot) => slot.allocationId === allocationId)
  }

  #registration(): TaskManagerRegistration {
    return {
      taskManagerId: this.id,
      slotCount: this.slots.length,
      dataHost: `${this.id}.example`,
      livenessAddress: `${this.id}.example:1`,
      processId: 42,
      version: '0.1.0',
    }
  }
}

function newSlot(): FakeSlot {
  return { incarnation: 1, state: 'free', allocationId: undefined, tasks: new Map() }
}

function nameOf({ vertexId, subtaskIndex }: TaskDeployment): string {
  return `${vertexId}/${subtaskIndex}`
}
