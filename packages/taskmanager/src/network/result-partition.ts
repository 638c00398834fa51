import {
  assert,
  type ChannelCount,
  type ExecutionAttemptId,
  MillraceError,
  type ResultPartitionDeployment,
} from '@millrace/core'
import type { FramePool } from './frame-pool.ts'
import { type LocalConsumer, type LocalProducer, LocalSubpartition } from './local-subpartition.ts'
import {
  type FrameSender,
  queuedFramesMax,
  RemoteSubpartition,
  type SubpartitionConsumer,
  type SubpartitionOwner,
} from './remote-subpartition.ts'

/** The producing task. */
export interface PartitionProducer {
  /** An output takes no more: stop after the record at hand. */
  onOutputUnavailable(): void
  /** An output takes records again. */
  onOutputAvailable(): void
  /** Every consumer has asked for its subpartition: records can flow. */
  onRequested(): void
  /** A consumer has read everything to the end of data. */
  onConsumed(): void
  /** A barrier that waited in an output does not any more. */
  onBarrierLeft(): void
}

/** What one task writes to one edge: a subpartition for each consumer it may send to. */
export class ResultPartition implements SubpartitionOwner, LocalProducer {
  readonly edgeIndex: number
  readonly producerSubtask: number
  readonly attemptId: ExecutionAttemptId
  readonly #deployment: ResultPartitionDeployment
  readonly #pool: FramePool
  readonly #overdraftMaxBytes: number
  /** What may wait where every output is as full as it gets, and the overdraft on top. */
  readonly #queuedBytesMax: number
  readonly #producer: PartitionProducer
  readonly #remotes: (RemoteSubpartition | undefined)[]
  /** At most one consumer of an edge shares the slot. */
  #local: LocalSubpartition | undefined
  #localIndex = -1
  #requestedCount = 0
  #unavailableCount = 0
  #queuedBytes = 0
  #isBarrierPassing = false

  constructor(
    attempt: { readonly attemptId: ExecutionAttemptId; readonly subtaskIndex: number },
    deployment: ResultPartitionDeployment,
    pool: FramePool,
    overdraftMaxBytes: number,
    producer: PartitionProducer,
  ) {
    this.edgeIndex = deployment.edgeIndex
    this.producerSubtask = attempt.subtaskIndex
    this.attemptId = attempt.attemptId
    this.#deployment = deployment
    this.#pool = pool
    this.#overdraftMaxBytes = overdraftMaxBytes
    const framesMax = deployment.consumers.length * queuedFramesMax
    this.#queuedBytesMax = framesMax * pool.frameSizeBytes + overdraftMaxBytes
    this.#producer = producer
    this.#remotes = deployment.consumers.map(() => undefined)
  }

  /** Position in the list is the channel's number for partitioners. */
  get remotes(): readonly (RemoteSubpartition | undefined)[] {
    return this.#remotes
  }

  get local(): LocalSubpartition | undefined {
    return this.#local
  }

  /** Channel number of `local`, or -1. */
  get localIndex(): number {
    return this.#localIndex
  }

  get isRequested(): boolean {
    return this.#requestedCount === this.#deployment.consumers.length
  }

  get isAvailable(): boolean {
    if (this.#unavailableCount > 0) return false
    return this.#local === undefined || this.#local.isAvailable()
  }

  /** A consumer in another slot asks. undefined: that is not the attempt this partition is for. */
  requestRemote(
    consumer: SubpartitionConsumer,
    sender: FrameSender,
  ): RemoteSubpartition | undefined {
    const index = this.#indexOf(consumer)
    if (index === undefined) return undefined
    const subpartition = new RemoteSubpartition(consumer, sender, this.#pool, this)
    this.#remotes[index] = subpartition
    this.#onRequested()
    return subpartition
  }

  /** A consumer in this slot asks. */
  requestLocal(
    consumer: { readonly consumerSubtask: number; readonly consumerAttemptId: ExecutionAttemptId },
    task: LocalConsumer,
  ): LocalSubpartition | undefined {
    const index = this.#indexOf(consumer)
    if (index === undefined) return undefined
    assert(this.#local === undefined, `Two consumers of edge ${this.edgeIndex} in one slot`)
    this.#localIndex = index
    const { edgeIndex, producerSubtask } = this
    const place = { edgeIndex, producerSubtask, consumerSubtask: consumer.consumerSubtask }
    this.#local = new LocalSubpartition(place, this, task, this.#overdraftMaxBytes)
    this.#onRequested()
    return this.#local
  }

  /**
   * While a barrier is written, frames are queued without a bound but that of the barriers: it does
   * not wait for room, and is none of the overdraft of a record.
   */
  passBarrier<T>(write: () => T): T {
    this.#isBarrierPassing = true
    try {
      return write()
    } finally {
      this.#isBarrierPassing = false
    }
  }

  /** What was written last is the barrier of this checkpoint, or stands for it. */
  noteBarrier(checkpointId: number): void {
    for (const remote of this.#remotes) remote?.noteBarrier(checkpointId)
    this.#local?.noteBarrier(checkpointId)
  }

  /** The barrier that was noted waits in a subpartition. */
  holdsBarrier(checkpointId: number): boolean {
    if (this.#local?.holdsBarrier(checkpointId) === true) return true
    return this.#remotes.some((remote) => remote?.holdsBarrier(checkpointId) === true)
  }

  /** Whom the channel with that number is for. */
  consumerOf(index: number): number {
    return this.#deployment.consumers[index]?.consumerSubtask ?? -1
  }

  /** The end of data was written to every subpartition. */
  end(): void {
    for (const remote of this.#remotes) remote?.end()
    this.#local?.end()
  }

  get isConsumed(): boolean {
    if (!this.isRequested) return false
    if (this.#local !== undefined && !this.#local.isConsumed) return false
    return this.#remotes.every((remote) => remote === undefined || remote.isConsumed)
  }

  get bytesSent(): number {
    let bytes = 0
    for (const remote of this.#remotes) bytes += remote?.bytesSent ?? 0
    return bytes
  }

  /** `recordsOf` counts what was written to a remote subpartition. */
  channelCounts(recordsOf: (index: number) => number): readonly ChannelCount[] {
    const { edgeIndex, producerSubtask } = this
    return this.#deployment.consumers.map(({ consumerSubtask }, index) => {
      const isLocal = index === this.#localIndex
      const records = isLocal ? (this.#local?.records ?? 0) : recordsOf(index)
      return { end: 'sent', edgeIndex, producerSubtask, consumerSubtask, records }
    })
  }

  /** The task is over: nobody writes any more. */
  release(): void {
    for (const remote of this.#remotes) remote?.release()
    this.#local?.release()
  }

  // What subpartitions say

  onQueued(bytes: number): void {
    this.#queuedBytes += bytes
    if (this.#queuedBytes <= this.#queuedBytesMax || this.#isBarrierPassing) return
    throw new MillraceError(
      'OVERDRAFT_EXCEEDED',
      `One record became ${this.#overdraftMaxBytes} bytes more than its receivers can take yet` +
        ` (${this.#queuedBytes} bytes wait to be sent). Return an iterable (a generator) instead ` +
        `of calling collect: it is pulled as room allows; or raise ` +
        `taskmanager.network.overdraft-size-max.`,
      { blame: 'user' },
    )
  }

  onDequeued(bytes: number): void {
    this.#queuedBytes -= bytes
  }

  onUnavailable(): void {
    this.#unavailableCount++
    this.#producer.onOutputUnavailable()
  }

  onAvailable(): void {
    this.#unavailableCount--
    if (this.#unavailableCount === 0) this.#producer.onOutputAvailable()
  }

  onConsumed(): void {
    this.#producer.onConsumed()
  }

  onBarrierLeft(): void {
    this.#producer.onBarrierLeft()
  }

  onOutputUnavailable(): void {
    this.#producer.onOutputUnavailable()
  }

  #indexOf(consumer: {
    readonly consumerSubtask: number
    readonly consumerAttemptId: ExecutionAttemptId
  }): number | undefined {
    const index = this.#deployment.consumers.findIndex(
      ({ consumerSubtask, consumerAttemptId }) =>
        consumerSubtask === consumer.consumerSubtask &&
        consumerAttemptId === consumer.consumerAttemptId,
    )
    if (index < 0 || this.#remotes[index] !== undefined || index === this.#localIndex) {
      return undefined
    }
    return index
  }

  #onRequested(): void {
    this.#requestedCount++
    if (this.isRequested) this.#producer.onRequested()
  }
}
