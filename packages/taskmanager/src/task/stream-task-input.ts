import { assert, type ChannelCount, type Clock, type TaskDeployment } from '@millrace/core'
import type { DeliveredBarriers } from '../checkpoint/subtask-checkpoint-coordinator.ts'
import type { ChannelStateCollector, RecordedPlace } from '../network/channel-recording.ts'
import { type InputChannel, InputGate, type InputNetwork } from '../network/input-gate.ts'
import { type LocalConsumer, LocalSubpartition } from '../network/local-subpartition.ts'
import type { ChannelListener, RemoteInputChannel } from '../network/remote-input-channel.ts'
import { RowTranscoder } from '../network/row-transcoder.ts'
import type { ChainControl } from './chain/chain-control.ts'
import type { RecoveredChannels } from './state/recovered-channels.ts'
import type { TaskChain } from './task-chain.ts'

const queuedRecordsPerTurn = 1024
const turnMs = 1
const slowStepMs = 4 * turnMs
const recordsPerStepMax = 2 ** 20

/** All that one task reads: the gates of its edges, channels with frames in turn. */
export class StreamTaskInput {
  readonly #deployment: TaskDeployment
  readonly #network: InputNetwork
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #listener: ChannelListener & LocalConsumer
  readonly #gates: readonly InputGate[]
  /** Channels that have frames, in the order they are read in. */
  #ready: RemoteInputChannel[] = []
  /** Set when the task runs. */
  #recovered: RecoveredChannels | undefined
  /** By the channel's number in the task; filled when the task runs. */
  readonly #channels: InputChannel[] = []
  readonly #numbers = new Map<InputChannel, number>()
  /** By edge, made when first needed. */
  readonly #transcoders = new Map<number, RowTranscoder>()
  #unendedCount: number
  #localRecords = 0
  #recordsPerStep = recordsPerStepMax

  constructor(
    deployment: TaskDeployment,
    network: InputNetwork & { readonly clock: Pick<Clock, 'monotonicMs'> },
    listener: ChannelListener & LocalConsumer,
  ) {
    this.#deployment = deployment
    this.#network = network
    this.#clock = network.clock
    this.#listener = listener
    this.#gates = deployment.inputs.map((input) => new InputGate(input))
    this.#unendedCount = this.#gates.reduce((sum, { channelCount }) => sum + channelCount, 0)
  }

  get isGranted(): boolean {
    return this.#gates.every(({ isGranted }) => isGranted)
  }

  /** Every channel has come to its end of data. */
  get hasEnded(): boolean {
    return this.#unendedCount === 0
  }

  get channelCount(): number {
    return this.#gates.reduce((sum, { channelCount }) => sum + channelCount, 0)
  }

  request(): void {
    for (const gate of this.#gates) gate.request(this.#deployment, this.#network, this.#listener)
  }

  /** The task runs: each gate's records go where the chain says. */
  start(chain: TaskChain): void {
    this.#recovered = chain.takeRecovered()
    for (const channel of this.#gates.flatMap(({ channels }) => channels)) {
      this.#numbers.set(channel, this.#channels.push(channel) - 1)
    }
    for (const gate of this.#gates) {
      const { process, readerOf } = chain.inputOf(gate.edgeIndex)
      gate.start(process, readerOf)
    }
  }

  /** A channel has frames, where it had none. */
  enqueue(channel: RemoteInputChannel): void {
    this.#ready.push(channel)
  }

  onEndOfData(): void {
    this.#unendedCount--
  }

  numberOf(channel: InputChannel): number {
    const number = this.#numbers.get(channel)
    assert(number !== undefined, 'A channel is none of the task')
    return number
  }

  /** Reads nothing more of the channel with that number. */
  block(number: number): void {
    this.#channels[number]?.block()
  }

  unblock(number: number): void {
    this.#channels[number]?.unblock()
  }

  /**
   * What is on its way to the task belongs to a checkpoint: it is recorded, of each channel until
   * its barrier comes.
   */
  record(state: ChannelStateCollector, barriers: DeliveredBarriers): void {
    this.#recovered?.record(state, this.#deployment.subtaskIndex)
    for (const [number, channel] of this.#channels.entries()) {
      if (channel instanceof LocalSubpartition) {
        if (barriers.hasDelivered(number)) continue
        if (channel.record(state.record(this.#placeOf(channel)))) barriers.onFound(number)
        continue
      }
      // Frames wait before a barrier that came before them.
      const isOver = barriers.hasDelivered(number)
      if (isOver && !channel.isOvertaken(state.checkpointId)) continue
      const recording = state.record(this.#placeOf(channel.place))
      recording.onBarrierFound = () => barriers.onFound(number)
      channel.record(recording, this.#transcoderOf(channel.place.edgeIndex))
    }
  }

  /** No channel is recorded any more. */
  stopRecording(): void {
    for (const channel of this.#channels) channel.stopRecording()
  }

  /** Recovered records, then those queued in the slot, then frames; until it is interrupted. */
  read(control: ChainControl, framesMax: number): boolean {
    const start = this.#clock.monotonicMs()
    const queuedMax = Math.min(queuedRecordsPerTurn, this.#recordsPerStep)
    if (this.#recovered?.isPending === true) {
      const count = this.#recovered.read(control, queuedMax)
      this.#adaptStep(count, this.#clock.monotonicMs() - start)
      return count > 0
    }
    let hasRead = false
    for (const { local } of this.#gates) {
      if (local === undefined || local.isOpen || control.suspended) continue
      const before = this.#clock.monotonicMs()
      const count = local.drain(control, queuedMax)
      if (count === 0) continue
      hasRead = true
      this.#adaptStep(count, this.#clock.monotonicMs() - before)
    }
    let now = this.#clock.monotonicMs()
    for (let count = 0; count < framesMax && !control.suspended; count++) {
      const channel = this.#ready.shift()
      if (channel === undefined) break
      hasRead = true
      const recordsBefore = channel.records
      const progress = channel.readFrame(this.#recordsPerStep)
      if (progress === 'suspended' || progress === 'paused') this.#ready.unshift(channel)
      else if (progress === 'whole' && channel.hasFrames) this.#ready.push(channel)
      const before = now
      now = this.#clock.monotonicMs()
      this.#adaptStep(channel.records - recordsBefore, now - before)
      // Mails and the event loop wait for the turn to be over.
      if (now - start >= turnMs) break
    }
    return hasRead
  }

  /** In-slot producers must not call the chain now. */
  suspendLocal(): void {
    for (const { local } of this.#gates) local?.suspend()
  }

  /** In-slot producers will not reach the task any more. */
  vanishLocal(): void {
    for (const { local } of this.#gates) local?.vanish()
  }

  /** Whether producers have called the chain since the last time this was asked. */
  hasProcessedLocal(): boolean {
    let records = 0
    for (const { local } of this.#gates) records += local?.receivedCount ?? 0
    const hasProcessed = records !== this.#localRecords
    this.#localRecords = records
    return hasProcessed
  }

  hasRecords(): boolean {
    if (this.#recovered?.isPending === true) return true
    if (this.#ready.length > 0) return true
    return this.#gates.some(({ local }) => local?.canDrain === true)
  }

  settle(): void {
    for (const { remotes } of this.#gates) for (const channel of remotes) channel.settle()
  }

  get records(): number {
    const recovered = this.#recovered?.recordsRead ?? 0
    return this.#gates.reduce((sum, { records }) => sum + records, recovered)
  }

  get bytes(): number {
    return this.#gates.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  channelCounts(): readonly ChannelCount[] {
    return this.#gates.flatMap((gate) => gate.channelCounts())
  }

  close(): void {
    this.#ready = []
    for (const gate of this.#gates) gate.close()
  }

  /** Where records are slow, fewer are read at one go: a frame may hold thousands. */
  #adaptStep(records: number, elapsedMs: number): void {
    if (elapsedMs > slowStepMs) {
      this.#recordsPerStep = Math.max(1, Math.floor((records * turnMs) / elapsedMs))
    } else if (this.#recordsPerStep < recordsPerStepMax && elapsedMs < turnMs) {
      this.#recordsPerStep = Math.min(recordsPerStepMax, 2 * this.#recordsPerStep)
    }
  }

  #placeOf(channel: {
    readonly edgeIndex: number
    readonly producerSubtask: number
    readonly consumerSubtask: number
  }): RecordedPlace {
    const { edgeIndex, producerSubtask, consumerSubtask } = channel
    return { edgeIndex, producerSubtask, consumerSubtask, end: 'received' }
  }

  #transcoderOf(edgeIndex: number): RowTranscoder {
    const transcoder = this.#transcoders.get(edgeIndex) ?? new RowTranscoder()
    this.#transcoders.set(edgeIndex, transcoder)
    return transcoder
  }
}
