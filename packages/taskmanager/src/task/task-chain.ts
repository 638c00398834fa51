import type { Collector } from '@millrace/api'
import {
  type BuiltJob,
  type OperatorContext,
  SinkWriterOperator,
  SourceOperator,
  type StateInitializationContext,
} from '@millrace/api/runtime'
import {
  assert,
  type ChannelCount,
  type CheckpointPurpose,
  createTypeChecker,
  type ErrorInfo,
  type JobEdge,
  type JobVertex,
  keyGroupRange,
  MillraceError,
  type OperatorId,
  RowDecoding,
  RowEncoding,
  type RowReader,
  type TaskDeployment,
} from '@millrace/core'
import type { KeyedStateBackend } from '@millrace/state'
import type { SealedTaskState } from '../checkpoint/snapshot-completion.ts'
import type { CheckpointedChain } from '../checkpoint/subtask-checkpoint-coordinator.ts'
import type { ChannelStateCollector } from '../network/channel-recording.ts'
import type { ProcessRecord } from '../network/local-subpartition.ts'
import { RecordWriter } from '../network/record-writer.ts'
import type { ResultPartition } from '../network/result-partition.ts'
import { ChainBlockers } from './chain/chain-blockers.ts'
import type { ChainControl } from './chain/chain-control.ts'
import type { ChainedOperator } from './chain/chain-generator.ts'
import { type ChainPlan, type PlannedOperator, planChain } from './chain/chain-plan.ts'
import { freezeRecord } from './chain/freeze-record.ts'
import { OperatorChain, OperatorError, operatorFailure } from './chain/operator-chain.ts'
import { RecoveredChannels } from './state/recovered-channels.ts'
import { StreamingRuntimeContext } from './state/streaming-runtime-context.ts'
import { TaskState } from './state/task-state.ts'
import type { TaskServices } from './task-services.ts'
import { ExpiredStateCleaner } from './time/expired-state-cleaner.ts'
import { TaskTimers, UnkeyedTimers } from './time/task-timers.ts'

/** The task, as its chain sees it. */
export interface ChainOwner {
  readonly control: ChainControl
  /** Records an error on the task, and gives back what is to be thrown on. */
  readonly fail: (error: unknown, operatorIndex: number, method?: string) => unknown
}

interface ChainBasis {
  readonly plan: ChainPlan
  readonly vertex: JobVertex
  readonly state: TaskState
}

/** The operators of one task with all they need: state, contexts, writers of their outputs. */
export class TaskChain implements CheckpointedChain {
  /** Set iff the chain begins with a source. */
  readonly source:
    | {
        readonly operatorId: OperatorId
        readonly operator: SourceOperator
        readonly output: Collector<unknown>
      }
    | undefined
  /** Set iff an operator takes keyed records: there is one at most, the first. */
  readonly timers: TaskTimers | undefined
  readonly #deployment: TaskDeployment
  readonly #services: TaskServices
  readonly #plan: ChainPlan
  readonly #vertex: JobVertex
  readonly #control: ChainControl
  readonly #operators: readonly ChainedOperator[]
  readonly #chain: OperatorChain
  readonly #writers: readonly RecordWriter[]
  readonly #state: TaskState
  readonly #keyed: KeyedStateBackend
  readonly #cleaner: ExpiredStateCleaner
  readonly #blockers: ChainBlockers

  /** Rejects where there is no room for its state, or its code cannot be compiled. */
  static async create(
    job: BuiltJob,
    deployment: TaskDeployment,
    partitions: readonly ResultPartition[],
    services: TaskServices,
    owner: ChainOwner,
  ): Promise<TaskChain> {
    const vertex = job.jobGraph.vertices.find(({ id }) => id === deployment.vertexId)
    assert(vertex !== undefined, `The graph has no vertex ${deployment.vertexId}`)
    const plan = planChain(job, deployment.vertexId)
    const state = await TaskState.open(plan, vertex, deployment, services)
    try {
      return new TaskChain({ plan, vertex, state }, deployment, partitions, services, owner)
    } catch (error) {
      await state.close()
      throw error
    }
  }

  private constructor(
    { plan, vertex, state }: ChainBasis,
    deployment: TaskDeployment,
    partitions: readonly ResultPartition[],
    services: TaskServices,
    owner: ChainOwner,
  ) {
    this.#deployment = deployment
    this.#services = services
    this.#vertex = vertex
    this.#control = owner.control
    this.#plan = plan
    this.#state = state
    this.#keyed = state.keyed
    this.#cleaner = new ExpiredStateCleaner(this.#keyed, services.clock, (mail) =>
      services.mailbox.post(mail),
    )
    this.#operators = this.#plan.operators.map((planned) => this.#operatorOf(planned))
    this.#writers = this.#plan.outputs.map((output) => {
      const partition = partitions.find(({ edgeIndex }) => edgeIndex === output.edge.index)
      const consumers = deployment.outputs.find(({ edgeIndex }) => edgeIndex === output.edge.index)
      assert(partition !== undefined && consumers !== undefined, 'An edge was not deployed')
      const emitter = this.#plan.operators[output.operatorIndex]
      const encoding = new RowEncoding({
        edge: `operator '${emitter?.node.name}'`,
        type: emitter?.outputType,
        keyed: output.partitioning.kind === 'hash',
        recordSizeMaxBytes: services.options.recordSizeMaxBytes,
      })
      return new RecordWriter(partition, consumers.consumers.length, encoding, services.random)
    })
    this.#chain = new OperatorChain({
      plan: this.#plan,
      operators: this.#operators,
      writers: this.#writers,
      control: owner.control,
      keyed: this.#keyed,
      fail: owner.fail,
      checks: this.#plan.operators.map(recordCheck),
      freeze: services.options.freezeRecords ? freezeRecord : undefined,
    })
    this.source = this.#sourceOf()
    this.timers = this.#timersOf()
    this.#blockers = new ChainBlockers(this.#operators, () => services.mailbox.wake())
  }

  get operatorCount(): number {
    return this.#operators.length
  }

  /** By its source, if it begins with one. */
  get recordsRead(): number {
    return this.#chain.recordsRead
  }

  get recordsWritten(): number {
    return this.#writers.reduce((sum, { recordsWritten }) => sum + recordsWritten, 0)
  }

  /** Entries of keyed state that expired and were removed. */
  get stateEntriesExpired(): number {
    return this.#keyed.expiredCount
  }

  /** `canceled` ends a restore; nothing is opened then. */
  async open(canceled: AbortSignal): Promise<void> {
    await this.#state.restore(this.#services, canceled)
    await this.#chain.open((index) => this.#contextOf(index))
  }

  /** Every channel has both its ends: records may flow. */
  start(): void {
    for (const writer of this.#writers) writer.start()
    this.#cleaner.start()
  }

  /** One that begins or ends here. */
  edgeOf(edgeIndex: number): JobEdge {
    const planned = [...this.#plan.inputs, ...this.#plan.outputs]
    const edge = planned.find((each) => each.edge.index === edgeIndex)?.edge
    assert(edge !== undefined, `Edge ${edgeIndex} is none of the vertex's`)
    return edge
  }

  /** Records that are to be processed before any other; there are some once it is open. */
  takeRecovered(): RecoveredChannels {
    const { subtaskIndex, parallelism } = this.#deployment
    const own = keyGroupRange(subtaskIndex, parallelism)
    return new RecoveredChannels(this.#state.takeChannels(), own, (edgeIndex) =>
      this.inputOf(edgeIndex),
    )
  }

  /** Where the records of an edge go, by which key, and what reads its channels. */
  inputOf(edgeIndex: number): {
    readonly process: ProcessRecord
    readonly keyOf: ((value: unknown) => unknown) | undefined
    readonly readerOf: (producerSubtask: number) => RowReader
  } {
    const position = this.#plan.inputs.findIndex(({ edge }) => edge.index === edgeIndex)
    const input = this.#plan.inputs[position]
    const process = this.#chain.inputs[position]
    assert(input !== undefined && process !== undefined, `Edge ${edgeIndex} is none of the graph's`)
    const keyOf = input.isKeyed ? input.partitioning.keySelector : undefined
    const suspension = this.#control
    const decoding = new RowDecoding(
      keyOf === undefined ? { process, suspension } : { process, keyOf, suspension },
    )
    const readerOf = (producerSubtask: number): RowReader =>
      decoding.createReader(`edge ${edgeIndex}, producer ${producerSubtask}`)
    return { process, keyOf, readerOf }
  }

  handleEvent(operatorId: OperatorId, event: Uint8Array): void {
    const index = this.#vertex.operators.findIndex(({ id }) => id === operatorId)
    try {
      this.#operators[index]?.handleEvent?.(event)
    } catch (error) {
      throw new OperatorError(error, index)
    }
  }

  /** An operator takes no records now; the mailbox is woken when it does again. */
  isBlocked(): boolean {
    return this.#blockers.isBlocked()
  }

  // Checkpoints

  prepareSnapshot(operatorIndex: number, checkpointId: number): Promise<void> | undefined {
    this.#leaveKey()
    return this.#chain.prepareSnapshot(operatorIndex, checkpointId)
  }

  writeBarrier(checkpointId: number, purpose: CheckpointPurpose): void {
    for (const writer of this.#writers) writer.barrier(checkpointId, purpose)
  }

  /** What is emitted meanwhile is queued, whatever lies there. */
  beyondRoom<T>(act: () => T): T {
    const pass = ([writer, ...others]: readonly RecordWriter[]): T =>
      writer === undefined ? act() : writer.partition.passBarrier(() => pass(others))
    return pass(this.#writers)
  }

  noteBarrier(checkpointId: number): void {
    for (const { partition } of this.#writers) partition.noteBarrier(checkpointId)
  }

  holdsBarrier(checkpointId: number): boolean {
    return this.#writers.some(({ partition }) => partition.holdsBarrier(checkpointId))
  }

  overtake(checkpointId: number, isWritten: boolean, state: ChannelStateCollector): void {
    for (const writer of this.#writers) writer.overtake(checkpointId, isWritten, state)
  }

  snapshotState(checkpointId: number, isFinished: boolean): SealedTaskState {
    this.#leaveKey()
    this.#chain.snapshotState(checkpointId)
    return this.#state.seal(checkpointId, isFinished)
  }

  notifyCheckpointComplete(checkpointId: number): Promise<void> {
    this.#leaveKey()
    return this.#chain.notifyCheckpointComplete(checkpointId)
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#leaveKey()
    this.#chain.notifyCheckpointAborted(checkpointId)
  }

  flush(): void {
    for (const writer of this.#writers) writer.flush()
  }

  finish(index: number): Promise<void> {
    this.#leaveKey()
    return this.#chain.finish(index)
  }

  /** No record follows: writes the end of data to every output. */
  end(): void {
    for (const writer of this.#writers) writer.end()
  }

  channelCounts(): readonly ChannelCount[] {
    return this.#writers.flatMap((writer) => writer.channelCounts())
  }

  /** Gives the outputs back, and closes the operators. Returns the errors of these. */
  async close(): Promise<readonly unknown[]> {
    for (const writer of this.#writers) writer.close()
    this.#cleaner.close()
    this.#leaveKey()
    const errors = await this.#chain.close()
    await this.#state.close()
    return errors
  }

  /** An error as the task reports it: with its operator, as far as it can be told. */
  describe(error: unknown, operatorIndex: number | undefined, caughtIn?: string): ErrorInfo {
    const known = error instanceof OperatorError ? error.operatorIndex : undefined
    const cause = error instanceof OperatorError ? error.cause : error
    // Who emits too much is who was collecting, not who was about to write.
    const isOverdraft = cause instanceof MillraceError && cause.code === 'OVERDRAFT_EXCEEDED'
    const caughtBy = isOverdraft ? operatorIndex : undefined
    const place = this.#chain.placeOf(cause)
    const index = known ?? caughtBy ?? place?.operatorIndex ?? operatorIndex
    const method = index === place?.operatorIndex ? place?.method : caughtIn
    const kind = this.#plan.operators[index ?? -1]?.node.body.kind
    // What a source's collector caught comes of what follows it, or of the way there.
    const isSource = kind === 'source' && known !== undefined
    return operatorFailure(cause, {
      role: isSource ? 'source' : kind === 'sink' ? 'sink' : 'function',
      operatorName: this.#plan.operators[index ?? -1]?.node.name ?? this.#vertex.name,
      method,
      vertexName: this.#vertex.name,
      subtaskIndex: this.#deployment.subtaskIndex,
      parallelism: this.#deployment.parallelism,
    })
  }

  /** What follows concerns no record: state that is used in it is an error, not the last key's. */
  #leaveKey(): void {
    this.#keyed.setCurrentKey(undefined, 0)
  }

  #operatorOf({ node, index }: PlannedOperator): ChainedOperator {
    const { clock } = this.#services
    const { subtaskIndex, parallelism } = this.#deployment
    const logger = this.#services.logger.child({
      vertex: this.#vertex.name,
      subtask: subtaskIndex,
      operator: node.name,
    })
    const operatorId = this.#vertex.operators[index]?.id
    assert(operatorId !== undefined, `Operator ${index} has no id`)
    const sendEvent = (event: Uint8Array): void =>
      this.#services.sendOperatorEvent(this.#deployment, operatorId, event)
    switch (node.body.kind) {
      case 'source':
        return new SourceOperator(node.body.source, {
          subtaskIndex,
          parallelism,
          clock,
          logger,
          sendEvent,
        })
      case 'sink':
        return new SinkWriterOperator(node.body.sink, { clock, logger, sendEvent })
      case 'operator':
        return node.body.operator
    }
  }

  #sourceOf(): TaskChain['source'] {
    const [operator] = this.#operators
    const operatorId = this.#vertex.operators[0]?.id
    if (!(operator instanceof SourceOperator) || operatorId === undefined) return undefined
    return { operatorId, operator, output: this.#chain.collectorOf(0) }
  }

  #timersOf(): TaskTimers | undefined {
    const keyed = this.#plan.operators.filter(({ isKeyed }) => isKeyed)
    assert(keyed.length <= 1, 'Two keyed operators are in one chain')
    const [planned] = keyed
    if (planned === undefined) return undefined
    const { clock, processingTime } = this.#services
    return new TaskTimers(planned.node.name, this.#keyed, processingTime, {
      monotonicMs: () => clock.monotonicMs(),
      fire: this.#chain.timerOf(planned.index),
    })
  }

  #contextOf(index: number): OperatorContext & StateInitializationContext {
    const planned = this.#plan.operators[index]
    assert(planned !== undefined, `There is no operator ${index}`)
    const keyed = this.#keyed
    const { name } = planned.node
    const timers = planned.isKeyed ? this.timers : undefined
    return {
      runtimeContext: new StreamingRuntimeContext(
        this.#services.job,
        this.#deployment,
        name,
        planned.isKeyed ? keyed : undefined,
      ),
      output: this.#chain.collectorOf(index),
      currentKey: () => keyed.currentKey,
      timerService: timers ?? new UnkeyedTimers(name, this.#services.processingTime),
      operatorState: this.#state.operatorState(index),
      isRestored: this.#deployment.restore !== undefined,
      restoredCheckpointId: this.#state.restoredCheckpointId,
      isFinished: this.#deployment.restore?.isFinished === true,
      isCheckpointing: this.#services.checkpointStorage !== undefined,
    }
  }
}

/**
 * Throws where a record does not have the operator's declared type. Frames check it by themselves.
 */
function recordCheck({
  node,
  outputType,
}: PlannedOperator): ((record: unknown) => void) | undefined {
  if (outputType === undefined || outputType.kind === 'any') return undefined
  const check = createTypeChecker(outputType)
  return (record) => {
    const mismatch = check(record)
    if (mismatch === undefined) return
    throw new MillraceError(
      'RECORD_TYPE_MISMATCH',
      `A record of operator '${node.name}' does not have the declared type: ${mismatch}.` +
        ' Correct the function that emits it, or the declaration.',
      { blame: 'user' },
    )
  }
}
