import { createHash } from 'node:crypto'
import {
  type AllocationId,
  BundleHash,
  type Clock,
  type ExecutionAttemptId,
  type FileContent,
  type FileSystem,
  type JobEdge,
  type JobGraph,
  type JobHostCommand,
  type JobHostEvent,
  JobVertexId,
  type ListedFile,
  OperatorId,
  type PartitionerKind,
  type SessionHandler,
  SessionId,
  type SlotStatus,
  type TaskDeployment,
  type TaskExecutionState,
  type TaskExecutorMessage,
  TaskManagerId,
  type TaskManagerMessage,
  type TaskManagerRegistration,
  type Thread,
  type ThreadExit,
  type ThreadHandler,
  type ThreadHost,
  type ThreadRequest,
  type Timer,
} from '@millrace/core'
import type { SessionServerHandler } from '@millrace/rpc'

/** Time that stands still until it is advanced. */
export class ManualClock implements Clock {
  #nowMs = 0
  #sequence = 0
  #timers: { dueMs: number; sequence: number; callback: () => void }[] = []

  now(): number {
    return 1_000_000 + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, sequence: this.#sequence++, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((each) => each !== timer)
      },
    }
  }

  setImmediate(callback: () => void): void {
    this.setTimer(0, callback)
  }

  get timerCount(): number {
    return this.#timers.length
  }

  /** Fires what falls due on the way, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.dueMs <= untilMs)
        .sort((left, right) => left.dueMs - right.dueMs || left.sequence - right.sequence)[0]
      if (next === undefined) break
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#timers = this.#timers.filter((each) => each !== next)
      next.callback()
    }
    this.#nowMs = untilMs
  }
}

/** Files in a map. `fullAfterBytes` makes the disk run full. */
export class MemoryFileSystem implements FileSystem {
  readonly files: Map<string, Uint8Array> = new Map()
  isFull = false

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.files.get(path)
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    if (this.isFull) {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    const whole = content instanceof Uint8Array ? content : await gathered(content)
    this.files.set(path, whole)
  }

  async createFileAtomically(path: string, content: Uint8Array): Promise<boolean> {
    if (this.files.has(path)) return false
    await this.writeFileAtomically(path, content)
    return true
  }

  async exists(path: string): Promise<boolean> {
    return this.files.has(path)
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path)
  }

  async list(path: string): Promise<readonly string[]> {
    const prefix = `${path}/`
    return [...this.files.keys()]
      .filter((each) => each.startsWith(prefix))
      .map((each) => each.slice(prefix.length))
  }

  async listRecursively(path: string): Promise<readonly ListedFile[]> {
    return (await this.list(path)).map((name) => ({
      name,
      sizeBytes: this.files.get(`${path}/${name}`)?.length ?? 0,
      modifiedAtMs: 0,
    }))
  }

  async writeFile(): Promise<void> {}
  async makeDirectory(): Promise<void> {}

  async removeDirectory(): Promise<boolean> {
    return false
  }
}

/** A job host whose answers the test writes. */
export class ScriptedJobHost implements Thread<JobHostCommand> {
  readonly commands: JobHostCommand[] = []
  readonly request: ThreadRequest<unknown>
  readonly #handler: ThreadHandler<JobHostEvent>
  readonly #onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void
  isEnded = false

  constructor(
    request: ThreadRequest<unknown>,
    handler: ThreadHandler<JobHostEvent>,
    onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void,
  ) {
    this.request = request
    this.#handler = handler
    this.#onCommand = onCommand
  }

  post(command: JobHostCommand): void {
    if (this.isEnded) return
    this.commands.push(command)
    this.#onCommand(this, command)
  }

  terminate(): void {
    this.exit({ reason: 'terminated', exitCode: 1, error: undefined })
  }

  emit(event: JobHostEvent): void {
    if (!this.isEnded) this.#handler.onMessage(event)
  }

  exit(exit: ThreadExit): void {
    if (this.isEnded) return
    this.isEnded = true
    this.#handler.onExit(exit)
  }

  kinds(): readonly string[] {
    return this.commands.map((command) => command.kind)
  }
}

/** Starts job hosts; `onCommand` answers for all of them. */
export class ScriptedThreadHost implements ThreadHost {
  readonly jobHosts: ScriptedJobHost[] = []
  readonly #onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void

  constructor(onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void) {
    this.#onCommand = onCommand
  }

  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
    const own = handler as unknown as ThreadHandler<JobHostEvent>
    const host = new ScriptedJobHost(request, own, this.#onCommand)
    this.jobHosts.push(host)
    return host as unknown as Thread<Out>
  }
}

/** A job host that builds this graph, and ends when it is told to. */
export function threadHostFor(
  graph: JobGraph,
  coordinated: readonly OperatorId[] = [],
): ScriptedThreadHost {
  return new ScriptedThreadHost((host, command) => {
    if (command.kind === 'build-graph') host.emit({ kind: 'graph', graph, coordinated })
    if (command.kind === 'close') host.exit({ reason: 'exited', exitCode: 0, error: undefined })
  })
}

export type FakeTaskState = 'deployed' | 'running' | 'canceling'

interface FakeTask {
  readonly deployment: TaskDeployment
  state: FakeTaskState
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
  isOpen = true
  isSuspended = false
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
      if (message !== undefined) this.#handler?.onMessage(message)
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
    more: Partial<Pick<TaskExecutionState, 'failure' | 'channelCounts'>> = {},
  ): void {
    const { jobId, attemptId } = task.deployment
    if (state === 'RUNNING' && task.state === 'deployed') task.state = 'running'
    if (state !== 'INITIALIZING' && state !== 'RUNNING') this.#forget(attemptId)
    const { failure, channelCounts = [] } = more
    this.send({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state, failure, channelCounts },
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
        for (const task of [...slot.tasks.values()]) this.report(task, 'CANCELED')
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

export interface VertexSketch {
  readonly name: string
  readonly parallelism: number
  readonly group?: string
}

export type EdgeSketch = readonly [source: string, target: string, partitioner: PartitionerKind]

/** A graph from names: vertex `a` has the one operator `a-operator`. */
export function sketchGraph(
  vertices: readonly VertexSketch[],
  edges: readonly EdgeSketch[],
  config: Readonly<Record<string, string>> = {},
): JobGraph {
  return {
    name: 'sketch',
    boundedness: 'bounded',
    vertices: vertices.map(({ name, parallelism, group = 'default' }) => ({
      id: JobVertexId.parse(name),
      name,
      parallelism,
      slotSharingGroup: group,
      operators: [
        {
          id: OperatorId.parse(`${name}-operator`),
          name,
          kind: 'map',
          chainedInputs: [],
          outputType: undefined,
        },
      ],
    })),
    edges: edges.map(
      ([source, target, partitioner], index): JobEdge => ({
        index,
        source: JobVertexId.parse(source),
        sourceOperator: OperatorId.parse(`${source}-operator`),
        target: JobVertexId.parse(target),
        targetOperator: OperatorId.parse(`${target}-operator`),
        inputIndex: 0,
        partitioner,
      }),
    ),
    config,
    hash: '0'.repeat(64),
  }
}

/** Content of a bundle and the reference it is uploaded with. */
export function sketchBundle(text: string): {
  readonly reference: { readonly hash: BundleHash; readonly sizeBytes: number }
  readonly chunks: () => AsyncIterable<Uint8Array>
} {
  const content = new TextEncoder().encode(text)
  const hash = BundleHash.parse(createHash('sha256').update(content).digest('hex'))
  return {
    reference: { hash, sizeBytes: content.length },
    chunks: async function* () {
      yield content.subarray(0, 3)
      yield content.subarray(3)
    },
  }
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece.slice())
  return Buffer.concat(all)
}
