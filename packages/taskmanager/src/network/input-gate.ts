import {
  type ChannelCount,
  type DataAddress,
  type InputGateDeployment,
  MillraceError,
  type RowReader,
  type TaskDeployment,
} from '@millrace/core'
import type { PartitionRequestClient } from './connection/partition-request-client.ts'
import type { FramePool } from './frame-pool.ts'
import type { LocalConsumer, LocalSubpartition, ProcessRecord } from './local-subpartition.ts'
import type { PartitionRegistry } from './partition-registry.ts'
import { type ChannelListener, RemoteInputChannel } from './remote-input-channel.ts'

/** Where a slot's tasks find their producers. */
export interface InputNetwork {
  /** The slot's own data port: producers there are in the slot. */
  readonly address: DataAddress
  readonly registry: PartitionRegistry
  readonly client: PartitionRequestClient
  readonly pool: FramePool
  readonly creditsPerChannel: number
}

export type InputChannel = RemoteInputChannel | LocalSubpartition

/** The channels of one edge into one task. */
export class InputGate {
  readonly edgeIndex: number
  readonly #deployment: InputGateDeployment
  readonly #remotes: RemoteInputChannel[] = []
  readonly #waits: { cancel(): void }[] = []
  /** At most one producer of an edge shares the slot. */
  #local: LocalSubpartition | undefined

  constructor(deployment: InputGateDeployment) {
    this.edgeIndex = deployment.edgeIndex
    this.#deployment = deployment
  }

  get remotes(): readonly RemoteInputChannel[] {
    return this.#remotes
  }

  get local(): LocalSubpartition | undefined {
    return this.#local
  }

  get channelCount(): number {
    return this.#deployment.channels.length
  }

  /** Those that are there. */
  get channels(): readonly InputChannel[] {
    return this.#local === undefined ? this.#remotes : [...this.#remotes, this.#local]
  }

  /** Every producer is there: frames may come. */
  get isGranted(): boolean {
    const grantedCount = this.#remotes.filter(({ isGranted }) => isGranted).length
    return grantedCount + (this.#local === undefined ? 0 : 1) === this.channelCount
  }

  /** Asks every producer for its subpartition. Errors and frames go to `listener`. */
  request(
    task: TaskDeployment,
    network: InputNetwork,
    listener: ChannelListener & LocalConsumer,
  ): void {
    for (const { producerAttemptId, producerSubtask, address } of this.#deployment.channels) {
      const consumer = { consumerSubtask: task.subtaskIndex, consumerAttemptId: task.attemptId }
      const place = { edgeIndex: this.edgeIndex, producerSubtask, producerAttemptId, ...consumer }
      if (address !== network.address) {
        const channel = new RemoteInputChannel(
          place,
          network.creditsPerChannel,
          network.pool,
          listener,
        )
        this.#remotes.push(channel)
        channel.dial(network.client, address)
        continue
      }
      const notFound = (): void =>
        listener.onLost(
          new MillraceError(
            'PARTITION_NOT_FOUND',
            `This slot has no output of ${producerAttemptId} for edge ${this.edgeIndex}. The` +
              ' producer was not deployed in time ' +
              '(taskmanager.network.partition-request-timeout), or has ended.',
            { disposition: 'retry', blame: 'external' },
          ),
        )
      const wait = network.registry.find(producerAttemptId, this.edgeIndex, {
        onFound: (partition) => {
          this.#local = partition.requestLocal(consumer, listener)
          if (this.#local === undefined) notFound()
          else listener.onGranted()
        },
        onTimeout: notFound,
      })
      this.#waits.push(wait)
    }
  }

  /** The task runs: records go to `process`; `readerOf` makes the reader of a channel. */
  start(process: ProcessRecord, readerOf: (producerSubtask: number) => RowReader): void {
    this.#local?.start(process)
    for (const channel of this.#remotes) {
      channel.start(readerOf(channel.place.producerSubtask))
    }
  }

  get records(): number {
    let records = this.#local?.receivedCount ?? 0
    for (const channel of this.#remotes) records += channel.records
    return records
  }

  get bytes(): number {
    let bytes = 0
    for (const channel of this.#remotes) bytes += channel.bytes
    return bytes
  }

  channelCounts(): readonly ChannelCount[] {
    const counts = this.#remotes.map(({ count }) => count)
    const local = this.#local
    if (local === undefined) return counts
    const { edgeIndex, producerSubtask, consumerSubtask, receivedCount: records } = local
    const own: ChannelCount = {
      end: 'received',
      edgeIndex,
      producerSubtask,
      consumerSubtask,
      records,
    }
    return [...counts, own]
  }

  /** The task is over: what has not been read is dropped. */
  close(): void {
    for (const wait of this.#waits) wait.cancel()
    this.#local?.vanish()
    for (const channel of this.#remotes) channel.close()
  }
}
