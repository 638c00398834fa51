import { createHash } from 'node:crypto'
import {
  AllocationId,
  BundleHash,
  type BundleReference,
  type Clock,
  ExecutionAttemptId,
  type FileContent,
  type FileSystem,
  JobId,
  type JobInformation,
  JobVertexId,
  type ListedFile,
  type LogFields,
  type Logger,
  type MillraceError,
  SeededRandom,
  type Session,
  SessionId,
  type SlotCommand,
  type SlotEvent,
  type SlotStatus,
  silentLogger,
  type TaskDeployment,
  type TaskExecutionState,
  type TaskManagerMessage,
  type Thread,
  type ThreadExitReason,
  type ThreadHandler,
  type ThreadHost,
  type ThreadRequest,
  type Timer,
} from '@millrace/core'
import { TaskExecutor } from './task-executor.ts'
import type { TaskExecutorOptions } from './task-executor-options.ts'

/** Time that passes when told to. */
export class ManualClock implements Clock {
  #nowMs = 0
  #timers: { readonly atMs: number; readonly callback: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  setImmediate(callback: () => void): void {
    this.setTimer(0, callback)
  }

  get timerCount(): number {
    return this.#timers.length
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= endMs)
      const next = due.sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#nowMs = next.atMs
      next.callback()
    }
    this.#nowMs = endMs
  }
}

/** A thread that does what the test says. */
export class ScriptedThread implements Thread<SlotCommand> {
  readonly name: string
  readonly commands: SlotCommand[] = []
  state: 'starting' | 'ready' | 'exited' = 'starting'
  isTerminated = false
  readonly #handler: ThreadHandler<SlotEvent>

  constructor(name: string, handler: ThreadHandler<SlotEvent>) {
    this.name = name
    this.#handler = handler
  }

  post(command: SlotCommand): void {
    this.commands.push(command)
  }

  terminate(): void {
    this.isTerminated = true
  }

  becomeReady(): void {
    this.state = 'ready'
    this.say({ kind: 'ready', dataAddress: `${this.name}:1` })
  }

  say(event: SlotEvent): void {
    this.#handler.onMessage(event)
  }

  exit(reason: ThreadExitReason, exitCode = 1): void {
    this.state = 'exited'
    const error = reason === 'error' ? new Error('boom') : undefined
    this.#handler.onExit({ reason, exitCode, error })
  }

  report(state: TaskExecutionState['state'], deployment: TaskDeployment): void {
    const { jobId, attemptId } = deployment
    const failure = undefined
    this.say({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state, failure, channelCounts: [] },
    })
  }

  /** Attempts it was given. */
  get submitted(): readonly TaskDeployment[] {
    return this.commands.flatMap((each) => (each.kind === 'submit-task' ? [each.deployment] : []))
  }

  get commandKinds(): readonly string[] {
    return this.commands.map(({ kind }) => kind)
  }
}

export class ScriptedThreadHost implements ThreadHost {
  readonly threads: ScriptedThread[] = []

  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
    // The test knows that only slots are started here.
    const thread = new ScriptedThread(request.name, handler as unknown as ThreadHandler<SlotEvent>)
    this.threads.push(thread)
    return thread as unknown as Thread<Out>
  }

  get alive(): readonly ScriptedThread[] {
    return this.threads.filter(({ state }) => state !== 'exited')
  }

  /** Threads get ready, and terminated ones exit, until nothing is left to happen. */
  settle(): void {
    for (;;) {
      const terminated = this.alive.find(({ isTerminated }) => isTerminated)
      const starting = this.alive.find(({ state }) => state === 'starting')
      if (terminated !== undefined) terminated.exit('terminated')
      else if (starting !== undefined) starting.becomeReady()
      else return
    }
  }
}

export class MemoryFileSystem implements FileSystem {
  readonly files: Map<string, Uint8Array> = new Map()
  writeError: Error | undefined

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.files.get(path)
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    if (this.writeError !== undefined) throw this.writeError
    if (!(content instanceof Uint8Array)) throw new Error('bundles are cached whole')
    this.files.set(path, content)
  }

  writeFile(path: string, content: Uint8Array): Promise<void> {
    return this.writeFileAtomically(path, content)
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
    return [...this.files.keys()].flatMap((each) =>
      each.startsWith(prefix) ? [each.slice(prefix.length)] : [],
    )
  }

  async listRecursively(path: string): Promise<readonly ListedFile[]> {
    return (await this.list(path)).map((name) => ({
      name,
      sizeBytes: this.files.get(`${path}/${name}`)?.length ?? 0,
      modifiedAtMs: 0,
    }))
  }

  async makeDirectory(_path: string): Promise<void> {}

  async removeDirectory(_path: string): Promise<boolean> {
    return false
  }
}

export class RecordingSession implements Session<TaskManagerMessage> {
  readonly sessionId: SessionId
  readonly sent: TaskManagerMessage[] = []
  closedFor: string | undefined

  constructor(sessionId: SessionId) {
    this.sessionId = sessionId
  }

  send(message: TaskManagerMessage): void {
    this.sent.push(message)
  }

  close(reason: string): void {
    this.closedFor = reason
  }

  get lastReport(): readonly SlotStatus[] {
    const reports = this.sent.filter((message) => message.kind === 'slot-report')
    return reports.at(-1)?.slots ?? []
  }

  get states(): readonly TaskExecutionState[] {
    return this.sent.flatMap((each) => (each.kind === 'task-execution-state' ? [each.state] : []))
  }

  /** `STATE` or `STATE CODE` of each report of the attempt. */
  statesOf(attemptId: ExecutionAttemptId): readonly string[] {
    return this.states
      .filter((each) => each.attemptId === attemptId)
      .map(({ state, failure }) => (failure === undefined ? state : `${state} ${failure.code}`))
  }
}

const content = new TextEncoder().encode('export default 1')

export function bundleOf(bytes: Uint8Array): BundleReference {
  const hash = BundleHash.parse(createHash('sha256').update(bytes).digest('hex'))
  return { hash, sizeBytes: bytes.length }
}

/** A TaskExecutor in a world of the test's own. */
export class TaskExecutorWorld {
  readonly random: SeededRandom = new SeededRandom(1)
  readonly clock: ManualClock = new ManualClock()
  readonly host: ScriptedThreadHost = new ScriptedThreadHost()
  readonly fileSystem: MemoryFileSystem = new MemoryFileSystem()
  readonly fatalErrors: MillraceError[] = []
  readonly executor: TaskExecutor
  session: RecordingSession
  fetchCount = 0
  /** What the JobManager sends when asked for the bundle. */
  fetch: () => AsyncIterable<Uint8Array> = async function* () {
    yield content
  }
  #attempts = 0

  constructor(options: Partial<TaskExecutorOptions> = {}, logger: Logger = silentLogger) {
    this.executor = new TaskExecutor(
      {
        clock: this.clock,
        random: this.random,
        logger,
        threadHost: this.host,
        fileSystem: this.fileSystem,
        fetchBundle: () => {
          this.fetchCount += 1
          return this.fetch()
        },
        moduleUrlOf: (path) => `file://${path}`,
        recentLogLines: (count) => Array.from({ length: count }, (_, i) => `line ${i}`),
        onFatalError: (error) => this.fatalErrors.push(error),
      },
      { ...optionsDefault, ...options },
    )
    this.session = new RecordingSession(SessionId.random(this.random))
  }

  /** All slots ready, one session. */
  start(): void {
    this.executor.start()
    this.executor.onRegistered(this.session)
    this.host.settle()
  }

  register(): RecordingSession {
    this.session = new RecordingSession(SessionId.random(this.random))
    this.executor.onRegistered(this.session)
    return this.session
  }

  job(): JobInformation {
    return {
      jobId: JobId.random(this.random),
      jobName: 'test',
      bundle: bundleOf(content),
      args: {},
      config: {},
      graphHash: 'hash',
      state: {
        backend: 'heap',
        checkpointing: undefined,
        leveldb: { objectCacheSizeBytes: 0, blockCacheSizeBytes: 0, writeBufferSizeBytes: 0 },
      },
    }
  }

  /** Leases a slot at the incarnation it was reported at. */
  allocate(slotIndex: number, job: JobInformation): AllocationId {
    const allocationId = AllocationId.random(this.random)
    const incarnation = this.session.lastReport[slotIndex]?.incarnation ?? 0
    this.executor.onMessage({ kind: 'allocate-slot', slotIndex, incarnation, allocationId, job })
    return allocationId
  }

  submit(allocationId: AllocationId, job: JobInformation): TaskDeployment {
    const vertexId = JobVertexId.parse('count')
    const subtaskIndex = this.#attempts++
    const place = { subtask: subtaskIndex, attempt: 0 }
    const deployment: TaskDeployment = {
      jobId: job.jobId,
      vertexId,
      subtaskIndex,
      parallelism: 1000,
      attemptId: ExecutionAttemptId.of(this.random, vertexId, place),
      attemptNumber: 0,
      allocationId,
      inputs: [],
      outputs: [],
      restore: undefined,
    }
    this.executor.onMessage({ kind: 'submit-task', deployment })
    return deployment
  }

  /** The thread that serves a slot, by the address it was reported at. */
  threadOf(slotIndex: number): ScriptedThread {
    const address = this.session.lastReport[slotIndex]?.dataAddress
    const thread = this.host.threads.find(({ name }) => `${name}:1` === address)
    if (thread === undefined) throw new Error(`Slot ${slotIndex} has no thread`)
    return thread
  }
}

/** Keeps warnings and errors. */
export function recordingLogger(lines: unknown[], bound: LogFields = {}): Logger {
  const keep = (level: string) => (event: string, fields?: LogFields) => {
    lines.push([level, event, { ...bound, ...fields }])
  }
  return {
    debug: () => {},
    info: () => {},
    warn: keep('warn'),
    error: keep('error'),
    child: (fields) => recordingLogger(lines, { ...bound, ...fields }),
  }
}

/** Lets what waits for promises go on. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const optionsDefault: TaskExecutorOptions = {
  slotCount: 2,
  heapLimitBytes: 512 * 1024 * 1024,
  slot: {
    bindHost: 'localhost',
    advertisedHost: 'localhost',
    frameSizeBytes: 32 * 1024,
    creditsPerChannel: 4,
    bufferTimeoutMs: 5,
    recordSizeMaxBytes: 1024 * 1024,
    overdraftMaxBytes: 1024 * 1024,
    partitionRequestTimeoutMs: 10_000,
    metricsIntervalMs: 1000,
    freezeRecords: false,
    stateDirectory: '/state',
    localBackupDirectory: '/local-backup',
  },
  bundles: { directory: '/bundles', sizeBytesMax: 1024 * 1024 },
  cancellationTimeoutMs: 10_000,
  terminationTimeoutMs: 5000,
  shutdownTimeoutMs: 2000,
}
