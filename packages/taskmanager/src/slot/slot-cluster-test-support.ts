import { defineJob, type JobFunction } from '@millrace/api'
import { type BuiltJob, buildJob } from '@millrace/api/runtime'
import {
  AllocationId,
  BundleHash,
  type ChannelCount,
  consumersOf,
  type DataAddress,
  type ErrorInfo,
  ExecutionAttemptId,
  type JobEdge,
  type JobGraph,
  JobId,
  type JobStateOptions,
  type JobVertex,
  type JobVertexId,
  producersOf,
  type Random,
  SeededRandom,
  type SlotCommand,
  type SlotEvent,
  type SlotOptions,
  s3StorageDefaults,
  type TaskDeployment,
  type TaskExecutionState,
  type TaskRestore,
  type ThreadPort,
} from '@millrace/core'
import { FakeClock } from '../fake-clock-test-support.ts'
import { MemoryFileSystem } from '../memory-file-system-test-support.ts'
import { MemoryNetwork } from '../network/memory-transport-test-support.ts'
import { MemoryCheckpointStorage } from './checkpoint-storage-test-support.ts'
import { SlotRuntime } from './slot-runtime.ts'

/** A write that takes more is one that hangs. */
const writeTurnsMax = 100

export const testOptions: SlotOptions = {
  bindHost: 'memory',
  advertisedHost: 'memory',
  frameSizeBytes: 1024,
  creditsPerChannel: 4,
  bufferTimeoutMs: 5,
  recordSizeMaxBytes: 1 << 20,
  overdraftMaxBytes: 1 << 20,
  partitionRequestTimeoutMs: 10_000,
  s3: s3StorageDefaults,
  metricsIntervalMs: 1000,
  freezeRecords: true,
  stateDirectory: '/state',
  localBackupDirectory: '/local-backup',
}

export const testJobId: JobId = JobId.random(new SeededRandom(2))

interface Slot {
  readonly runtime: SlotRuntime
  readonly send: (command: SlotCommand) => void
  readonly address: () => string
}

export interface ClusterOptions {
  readonly slots: number
  readonly options?: Partial<SlotOptions>
  readonly pieceBytes?: number
  /** The job takes checkpoints. */
  readonly checkpointing?: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE'
  /** Slots copy what they write of it to `localFiles`. */
  readonly isBackedUpLocally?: boolean
  /** Checkpoints are unaligned this long after their trigger; undefined: never. */
  readonly unalignedAfterMs?: number
}

/** Slots of one job on a clock that stands still, and what a JobMaster would do with them. */
export class SlotCluster {
  readonly clock: FakeClock = new FakeClock()
  readonly network: MemoryNetwork
  readonly events: SlotEvent[] = []
  readonly states: Map<ExecutionAttemptId, TaskExecutionState> = new Map()
  readonly history: string[] = []
  readonly slots: Slot[] = []
  readonly storage: MemoryCheckpointStorage = new MemoryCheckpointStorage()
  /** The disk that all slots have. */
  readonly localFiles: MemoryFileSystem = new MemoryFileSystem()
  readonly #checkpointing: ClusterOptions['checkpointing']
  readonly #isBackedUpLocally: boolean
  readonly #unalignedAfterMs: number | undefined
  /** Hears of every event of a slot. */
  onEvent: (event: SlotEvent) => void = () => {}
  readonly #random = new SeededRandom(1)
  readonly #build: JobFunction
  #job: BuiltJob | undefined
  #attemptNumber = 0
  /** Deployments of the attempts that are current. */
  deployments: readonly TaskDeployment[] = []

  static async start(build: JobFunction, options: ClusterOptions): Promise<SlotCluster> {
    const cluster = new SlotCluster(build, options)
    await cluster.begin()
    return cluster
  }

  async begin(): Promise<void> {
    for (const slot of this.slots) await slot.runtime.start()
    await this.#prepare()
  }

  constructor(build: JobFunction, clusterOptions: ClusterOptions) {
    const { slots, options, pieceBytes, checkpointing } = clusterOptions
    this.#build = build
    this.#checkpointing = checkpointing
    this.#isBackedUpLocally = clusterOptions.isBackedUpLocally === true
    this.#unalignedAfterMs = clusterOptions.unalignedAfterMs
    this.network = new MemoryNetwork(this.clock, { pieceBytes: pieceBytes ?? 1 << 20 })
    for (let index = 0; index < slots; index++)
      this.slots.push(this.#slot({ ...testOptions, ...options }))
  }

  get job(): BuiltJob {
    if (this.#job === undefined) throw new Error('The cluster was not started')
    return this.#job
  }

  /** Deploys subtasks (all of them): subtask i of each vertex in slot i, counted round. */
  deploy(
    isDeployed: (deployment: TaskDeployment) => boolean = () => true,
    restoreOf: (deployment: TaskDeployment) => TaskRestore | undefined = () => undefined,
  ): void {
    const all = planDeployments(this.job.jobGraph, this.#attemptNumber++, {
      random: this.#random,
      addressOf: (subtask) => this.#slotOf(subtask).address(),
    })
    this.deployments = all
      .filter(isDeployed)
      .map((deployment) => ({ ...deployment, restore: restoreOf(deployment) }))
    for (const deployment of this.deployments) {
      this.#slotOf(deployment.subtaskIndex).send({ kind: 'submit-task', deployment })
    }
  }

  cancel(): void {
    for (const { attemptId, subtaskIndex } of this.deployments) {
      this.#slotOf(subtaskIndex).send({ kind: 'cancel-task', attemptId })
    }
  }

  /** Lets everything run until `condition` holds, or nothing happens any more for a long time. */
  async runUntil(condition: () => boolean): Promise<void> {
    for (let idleRounds = 0; idleRounds < 200; ) {
      if (condition()) return
      const hasRun = this.clock.runImmediates()
      await new Promise((resolve) => setImmediate(resolve))
      if (hasRun) {
        idleRounds = 0
      } else {
        idleRounds++
        this.clock.advance(100)
      }
    }
    throw new Error(`Nothing happens any more: ${this.describe()}`)
  }

  /** Lets everything run until nothing happens without time passing. */
  async settle(): Promise<void> {
    for (let idleRounds = 0; idleRounds < 5; idleRounds++) {
      if (this.clock.runImmediates()) idleRounds = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async runToEnd(): Promise<void> {
    await this.runUntil(() =>
      this.deployments.every(({ attemptId }) => {
        const state = this.states.get(attemptId)?.state
        return state === 'FINISHED' || state === 'CANCELED' || state === 'FAILED'
      }),
    )
  }

  statesOf(): readonly string[] {
    return this.deployments.map(({ attemptId }) => this.states.get(attemptId)?.state ?? 'NONE')
  }

  failures(): readonly ErrorInfo[] {
    return [...this.states.values()].flatMap(({ failure }) => failure ?? [])
  }

  /** Both ends of every channel counted the same; returns the records of each edge. */
  checkedCounts(): readonly number[] {
    const counts = this.deployments.flatMap(
      ({ attemptId }) => this.states.get(attemptId)?.channelCounts ?? [],
    )
    const key = (c: ChannelCount) => `${c.edgeIndex}: ${c.producerSubtask} -> ${c.consumerSubtask}`
    const sent = new Map(counts.filter((c) => c.end === 'sent').map((c) => [key(c), c.records]))
    const got = new Map(counts.filter((c) => c.end === 'received').map((c) => [key(c), c.records]))
    const asText = (map: Map<string, number>) => JSON.stringify([...map].sort())
    if (asText(sent) !== asText(got)) {
      throw new Error(`Sent ${asText(sent)}, received ${asText(got)}`)
    }
    return this.job.jobGraph.edges.map(({ index }) =>
      counts
        .filter((c) => c.end === 'sent' && c.edgeIndex === index)
        .reduce((sum, { records }) => sum + records, 0),
    )
  }

  /** Nothing is held by anybody, once connections had time to close and writes to end. */
  async checkReleased(): Promise<void> {
    await this.settle()
    const isWriting = (): boolean => this.slots.some(({ runtime }) => runtime.held.writing > 0)
    for (let turn = 0; turn < writeTurnsMax && isWriting(); turn++) await this.settle()
    for (const { runtime } of this.slots) {
      const { frames, partitions, waiting, dialed, writing } = runtime.held
      if (frames + partitions + waiting + dialed + writing + runtime.taskCount > 0) {
        throw new Error(`A slot still holds ${JSON.stringify(runtime.held)}`)
      }
    }
    if (this.network.connectionCount > 0) {
      throw new Error(`${this.network.connectionCount} connections are left`)
    }
  }

  describe(): string {
    return `${this.statesOf().join(', ')}; ${this.failures().map(({ message }) => message)}`
  }

  close(): void {
    for (const { runtime } of this.slots) runtime.close()
  }

  async #prepare(): Promise<void> {
    const definition = defineJob('test', this.#build)
    const config = { 'parallelism.default': String(this.slots.length) }
    this.#job = await buildJob(definition, { args: {}, config })
    const information = {
      jobId: testJobId,
      jobName: 'test',
      bundle: { hash: BundleHash.parse('0'.repeat(64)), sizeBytes: 0 },
      args: {},
      config,
      graphHash: this.#job.jobGraph.hash,
      state:
        this.#checkpointing === undefined
          ? unsavedState
          : {
              ...unsavedState,
              checkpointing: {
                mode: this.#checkpointing,
                directory: '/checkpoints',
                inlineSizeMaxBytes: 64,
                isUnaligned: this.#unalignedAfterMs !== undefined,
                alignedTimeoutMs: this.#unalignedAfterMs ?? 0,
                isBackedUpLocally: this.#isBackedUpLocally,
              },
            },
    }
    for (const { send } of this.slots) {
      send({ kind: 'prepare', job: information, moduleUrl: 'memory:job' })
    }
  }

  #slot(options: SlotOptions): Slot {
    let receive: (command: SlotCommand) => void = () => {}
    let address = ''
    const port: ThreadPort<SlotCommand, SlotEvent> = {
      post: (event) => {
        // As threads do, so that nothing is shared by mistake.
        const copy = structuredClone(event)
        if (copy.kind === 'ready') address = copy.dataAddress
        this.#onEvent(copy)
      },
      onMessage: (receiver) => {
        receive = receiver
      },
    }
    const { clock } = this
    const runtime = new SlotRuntime(
      {
        clock,
        random: new SeededRandom(3),
        transport: this.network.transport(),
        port,
        loadJob: async () => defineJob('test', this.#build),
        checkpointStorage: () => this.storage,
        fileSystem: this.localFiles,
        openLevelDb: () => Promise.reject(new Error('There is no database')),
      },
      options,
    )
    return { runtime, send: (command) => receive(structuredClone(command)), address: () => address }
  }

  #onEvent(event: SlotEvent): void {
    this.events.push(event)
    this.onEvent(event)
    if (event.kind !== 'task-execution-state') return
    const { attemptId, state } = event.state
    this.states.set(attemptId, event.state)
    this.history.push(`${attemptId.split('_').at(-2)}:${state}`)
  }

  /** To the slots of these attempts. */
  command(
    attemptIds: readonly ExecutionAttemptId[],
    make: (attemptIds: readonly ExecutionAttemptId[]) => SlotCommand,
  ): void {
    for (const slot of this.slots) {
      const own = this.deployments.filter(
        ({ attemptId, subtaskIndex }) =>
          attemptIds.includes(attemptId) && this.#slotOf(subtaskIndex) === slot,
      )
      if (own.length > 0) slot.send(make(own.map(({ attemptId }) => attemptId)))
    }
  }

  #slotOf(subtask: number): Slot {
    return this.slots[subtask % this.slots.length] as Slot
  }
}

/** State of a job without checkpoints. */
export const unsavedState: JobStateOptions = {
  backend: 'heap',
  checkpointing: undefined,
  leveldb: { objectCacheSizeBytes: 0, blockCacheSizeBytes: 0, writeBufferSizeBytes: 0 },
}

/** What a JobMaster deploys: one attempt of every subtask. */
export function planDeployments(
  { vertices, edges }: JobGraph,
  attemptNumber: number,
  options: { readonly random: Random; readonly addressOf: (subtask: number) => DataAddress },
): readonly TaskDeployment[] {
  const ids = new Map<string, ExecutionAttemptId>()
  const idOf = (vertexId: JobVertexId, subtask: number): ExecutionAttemptId => {
    const name = `${vertexId}/${subtask}`
    const place = { subtask, attempt: attemptNumber }
    const id = ids.get(name) ?? ExecutionAttemptId.of(options.random, vertexId, place)
    ids.set(name, id)
    return id
  }
  const parallelismOf = ({ source, target }: JobEdge) => ({
    producers: vertices.find(({ id }) => id === source)?.parallelism ?? 0,
    consumers: vertices.find(({ id }) => id === target)?.parallelism ?? 0,
  })
  const deploymentOf = (vertex: JobVertex, subtask: number): TaskDeployment => ({
    jobId: testJobId,
    vertexId: vertex.id,
    subtaskIndex: subtask,
    parallelism: vertex.parallelism,
    attemptId: idOf(vertex.id, subtask),
    attemptNumber,
    allocationId: AllocationId.parse('0'.repeat(16)),
    inputs: edges
      .filter(({ target }) => target === vertex.id)
      .map((edge) => ({
        edgeIndex: edge.index,
        channels: producersOf(edge.partitioner, subtask, parallelismOf(edge)).map((producer) => ({
          producerSubtask: producer,
          producerAttemptId: idOf(edge.source, producer),
          address: options.addressOf(producer),
        })),
      })),
    outputs: edges
      .filter(({ source }) => source === vertex.id)
      .map((edge) => ({
        edgeIndex: edge.index,
        consumers: consumersOf(edge.partitioner, subtask, parallelismOf(edge)).map((consumer) => ({
          consumerSubtask: consumer,
          consumerAttemptId: idOf(edge.target, consumer),
        })),
      })),
    restore: undefined,
  })
  return vertices.flatMap((vertex) =>
    Array.from({ length: vertex.parallelism }, (_, subtask) => deploymentOf(vertex, subtask)),
  )
}
