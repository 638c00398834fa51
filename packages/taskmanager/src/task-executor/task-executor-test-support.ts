import { createHash } from 'node:crypto'
import {
  AllocationId,
  BundleHash,
  type BundleReference,
  ExecutionAttemptId,
  JobId,
  type JobInformation,
  JobVertexId,
  type LogFields,
  type Logger,
  type MillraceError,
  SeededRandom,
  SessionId,
  s3StorageDefaults,
  silentLogger,
  type TaskDeployment,
} from '@millrace/core'
import { FakeClock } from '../fake-clock-test-support.ts'
import { MemoryFileSystem } from '../memory-file-system-test-support.ts'
import { RecordingSession } from './recording-session-test-support.ts'
import { type ScriptedThread, ScriptedThreadHost } from './scripted-thread-test-support.ts'
import { TaskExecutor } from './task-executor.ts'
import type { TaskExecutorOptions } from './task-executor-options.ts'

const content = new TextEncoder().encode('export default 1')

export function bundleOf(bytes: Uint8Array): BundleReference {
  const hash = BundleHash.parse(createHash('sha256').update(bytes).digest('hex'))
  return { hash, sizeBytes: bytes.length }
}

/** A TaskExecutor in a world of the test's own. */
export class TaskExecutorWorld {
  readonly random: SeededRandom = new SeededRandom(1)
  readonly clock: FakeClock = new FakeClock()
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
    s3: s3StorageDefaults,
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
