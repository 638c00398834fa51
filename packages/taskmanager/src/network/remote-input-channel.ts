import {
  type ChannelCount,
  type CheckpointPurpose,
  type DataAddress,
  type ExecutionAttemptId,
  type Frame,
  frameHeaderBytes,
  MillraceError,
  type RowReader,
  rowsEnded,
  rowsPaused,
  rowsSuspended,
  rowTag,
} from '@millrace/core'
import type { ChannelRecording } from './channel-recording.ts'
import { readFrameHeader } from './connection/data-protocol.ts'
import type {
  FrameReceiver,
  OpenChannel,
  PartitionRequestClient,
} from './connection/partition-request-client.ts'
import { ReceiverCredit } from './credit.ts'
import type { FramePool } from './frame-pool.ts'
import { FrameQueue } from './frame-queue.ts'
import type { RowTranscoder } from './row-transcoder.ts'

/** What an input channel tells the input it belongs to. */
export interface ChannelListener {
  onGranted(): void
  /** There are frames to read, where there were none. */
  onReady(channel: RemoteInputChannel): void
  /** Everything from before the barrier was read. May block the channel. */
  onBarrier(channel: RemoteInputChannel, checkpointId: number, purpose: CheckpointPurpose): void
  /** It came before the frames that wait. */
  onOvertakingBarrier(channel: RemoteInputChannel, checkpointId: number): void
  onEndOfData(channel: RemoteInputChannel): void
  onLost(error: MillraceError): void
}

/**
 * How far a channel's frame was read: to its end, to where the task stopped taking records, as far
 * as it should be, or to a barrier that blocks the channel.
 */
export type FrameProgress = 'whole' | 'suspended' | 'paused' | 'blocked'

export interface InputChannelPlace {
  readonly edgeIndex: number
  readonly producerSubtask: number
  readonly producerAttemptId: ExecutionAttemptId
  readonly consumerSubtask: number
  readonly consumerAttemptId: ExecutionAttemptId
}

/** Frames of one producer in another slot. */
export class RemoteInputChannel implements FrameReceiver {
  readonly place: InputChannelPlace
  readonly request: FrameReceiver['request']
  readonly #pool: FramePool
  readonly #listener: ChannelListener
  readonly #credit: ReceiverCredit
  readonly #queue = new FrameQueue()
  #open: OpenChannel | undefined
  #state: 'requested' | 'granted' | 'ended' | 'closed' = 'requested'
  #isBlocked = false
  /** The barrier that came last before frames that waited, and how many of them there were. */
  #overtaking = { checkpointId: 0, frames: 0 }
  /** Takes frames too, for a checkpoint whose barrier has not come. */
  #recording: ChannelRecording | undefined
  #nextSequence = 0
  #frame: Frame | undefined
  #reader: RowReader | undefined
  #bytes = 0

  constructor(
    place: InputChannelPlace,
    credits: number,
    pool: FramePool,
    listener: ChannelListener,
  ) {
    const { producerAttemptId, edgeIndex, consumerSubtask, consumerAttemptId } = place
    this.place = place
    this.request = { producerAttemptId, edgeIndex, consumerSubtask, consumerAttemptId, credits }
    this.#pool = pool
    this.#listener = listener
    this.#credit = new ReceiverCredit(credits)
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  get isGranted(): boolean {
    return this.#state !== 'requested'
  }

  get hasFrames(): boolean {
    return this.#frame !== undefined || this.#queue.length > 0
  }

  get records(): number {
    return this.#reader?.recordCount ?? 0
  }

  get bytes(): number {
    return this.#bytes
  }

  get count(): ChannelCount {
    const { edgeIndex, producerSubtask, consumerSubtask } = this.place
    return { end: 'received', edgeIndex, producerSubtask, consumerSubtask, records: this.records }
  }

  dial(client: PartitionRequestClient, address: DataAddress): void {
    this.#open = client.open(address, this)
  }

  /** The task runs: its records are read by `reader`. */
  start(reader: RowReader): void {
    this.#reader = reader
    if (this.hasFrames) this.#listener.onReady(this)
  }

  onGranted(): void {
    if (this.#state !== 'requested') return
    this.#state = 'granted'
    this.#listener.onGranted()
  }

  onFrame(frame: Frame): void {
    if (this.#state === 'closed' || this.#state === 'ended') {
      this.#pool.release(frame)
      return
    }
    const { sequence } = readFrameHeader(frame)
    if (sequence !== this.#nextSequence) {
      this.#pool.release(frame)
      throw this.#corrupt(`frame ${sequence} came where ${this.#nextSequence} was expected`)
    }
    this.#nextSequence++
    this.#credit.arrive()
    this.#bytes += frame.length
    const wasEmpty = !this.hasFrames
    this.#queue.push(frame)
    this.#recording?.addFrame(frame, frameHeaderBytes, 0)
    if (wasEmpty && this.#reader !== undefined && !this.#isBlocked) this.#listener.onReady(this)
  }

  onOvertakingBarrier(checkpointId: number): void {
    if (this.#state !== 'granted' || this.#reader === undefined) return
    this.stopRecording()
    // Until the checkpoint is performed nothing is read.
    this.#overtaking = { checkpointId, frames: this.#queue.length }
    this.#listener.onOvertakingBarrier(this, checkpointId)
  }

  onLost(error: MillraceError): void {
    if (this.#state === 'closed' || this.#state === 'ended') return
    this.#open = undefined
    this.#listener.onLost(error)
  }

  /** Nothing more is read; frames wait, and with all credit used up the sender does. */
  block(): void {
    this.#isBlocked = true
  }

  unblock(): void {
    this.#isBlocked = false
    if (this.hasFrames) this.#listener.onReady(this)
  }

  /** The barrier of this checkpoint came before frames that wait. */
  isOvertaken(checkpointId: number): boolean {
    return this.#overtaking.checkpointId === checkpointId
  }

  /**
   * The task is saved for a checkpoint: what waits, and what comes before its barrier, is on its
   * way. Not where all from before the barrier was read.
   */
  record(recording: ChannelRecording, transcoder: RowTranscoder): void {
    const reader = this.#reader as RowReader
    if (this.#state !== 'granted') {
      recording.end()
      return
    }
    recording.readWith(transcoder, reader.shapeRows)
    const { checkpointId, frames } = this.#overtaking
    const isOvertaken = checkpointId === recording.checkpointId
    if (this.#frame !== undefined) {
      recording.addFrame(this.#frame, reader.position, reader.frameRecords)
    }
    for (const frame of this.#queue.first(isOvertaken ? frames : this.#queue.length)) {
      recording.addFrame(frame, frameHeaderBytes, 0)
    }
    if (isOvertaken) recording.end()
    else this.#recording = recording
  }

  /** No frame that comes from here on belongs to the recording. */
  stopRecording(): void {
    this.#recording?.end()
    this.#recording = undefined
  }

  /** Reads the next frame, or the rest of one, but not more records than that. */
  readFrame(recordsMax: number): FrameProgress {
    const reader = this.#reader as RowReader
    let frame = this.#frame
    if (frame === undefined) {
      frame = this.#queue.shift() as Frame
      this.#frame = frame
      reader.begin(frame)
    }
    reader.pauseAt = reader.frameRecords + recordsMax
    for (let tag = reader.readRows(); tag !== rowsEnded; tag = reader.readRows()) {
      if (tag === rowsSuspended) return 'suspended'
      if (tag === rowsPaused) return 'paused'
      this.#onControlRow(tag, reader)
      if (this.#isBlocked) return 'blocked'
    }
    this.#frame = undefined
    this.#pool.release(frame)
    if (this.#credit.release()) this.settle()
    if (this.#state === 'ended') {
      this.stopRecording()
      this.#listener.onEndOfData(this)
    }
    return 'whole'
  }

  /** Gives back credit that is owed. */
  settle(): void {
    const frames = this.#credit.settle()
    if (frames > 0) this.#open?.credit(frames)
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    if (this.#frame !== undefined) this.#pool.release(this.#frame)
    this.#frame = undefined
    for (let frame = this.#queue.shift(); frame !== undefined; frame = this.#queue.shift()) {
      this.#pool.release(frame)
    }
    this.#open?.close()
    this.#open = undefined
    this.#recording = undefined
  }

  #onControlRow(tag: number, reader: RowReader): void {
    if (tag === rowTag.barrier) {
      this.#listener.onBarrier(this, reader.value, reader.purpose)
      return
    }
    if (tag !== rowTag.endOfData) throw this.#corrupt(`a control row with the tag ${tag} came`)
    if (this.#queue.length > 0) throw this.#corrupt('frames came after the end of data')
    this.#state = 'ended'
    this.#open?.close()
    this.#open = undefined
  }

  #corrupt(what: string): MillraceError {
    const { edgeIndex, producerAttemptId } = this.place
    return new MillraceError(
      'FRAME_CORRUPT',
      `Edge ${edgeIndex} from ${producerAttemptId}: ${what}. The task restarts; if it happens ` +
        `again, both ends must run the same version of Millrace.`,
      { disposition: 'retry' },
    )
  }
}
