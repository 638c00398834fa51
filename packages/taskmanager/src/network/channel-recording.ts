import { ByteWriter, type Frame, type RowReader, writeGeneric } from '@millrace/core'
import type { RecordedChannel } from './local-subpartition.ts'
import { copyOfFrame, type RowTranscoder } from './row-transcoder.ts'

/** Whose records are recorded, and at which end of the channel they lie. */
export interface RecordedPlace {
  readonly edgeIndex: number
  readonly producerSubtask: number
  readonly consumerSubtask: number
  readonly end: 'received' | 'sent'
}

/** Gathers what is on its way when a task is saved. */
export interface ChannelStateCollector {
  readonly checkpointId: number
  record(place: RecordedPlace): ChannelRecording
}

/** What the records of a local channel are taken for, before they are encoded. */
const bytesPerRecord = 128
const recordsPerStep = 64

/**
 * The records of one channel that belong to a checkpoint because they were on their way: taken as
 * they lie (frames are copied, records of the slot are kept), encoded when there is time. `end`
 * says that there will be no more.
 */
export class ChannelRecording implements RecordedChannel {
  readonly checkpointId: number
  readonly place: RecordedPlace
  /** The barrier was found among the recorded frames, and ends them. */
  onBarrierFound: () => void = () => {}
  readonly #onChange: () => void
  readonly #encoded = new ByteWriter(0)
  #frames: Frame[] = []
  #records: unknown[] = []
  #transcoder: RowTranscoder | undefined
  #reader: RowReader | undefined
  #recordCount = 0
  #hasEnded = false
  #heldBytes = 0

  /** `onChange`: there is something to encode, or it has ended. */
  constructor(checkpointId: number, place: RecordedPlace, onChange: () => void) {
    this.checkpointId = checkpointId
    this.place = place
    this.#onChange = onChange
  }

  /** Nothing more comes, and everything is encoded. */
  get isWhole(): boolean {
    return this.#hasEnded && !this.#hasWork
  }

  get heldBytes(): number {
    return this.#heldBytes + this.#encoded.position
  }

  get recordCount(): number {
    return this.#recordCount
  }

  /** Once it is whole: all records in the generic encoding. */
  get bytes(): Uint8Array {
    return this.#encoded.bytes.subarray(0, this.#encoded.position)
  }

  /** How its frames are read, which come behind these shapes. Before the first of them. */
  readWith(transcoder: RowTranscoder, shapeRows: readonly Uint8Array[]): void {
    this.#transcoder = transcoder
    this.#reader = transcoder.createReader(shapeRows)
  }

  /** Rows of the frame from `position` on, of whose records `recordsBefore` stand before that. */
  addFrame(frame: Frame, position: number, recordsBefore: number): void {
    if (this.#hasEnded) return
    const copy = copyOfFrame(frame, position, recordsBefore)
    this.#frames.push(copy)
    this.#heldBytes += copy.size
    this.#onChange()
  }

  addRecord(value: unknown): void {
    if (this.#hasEnded) return
    this.#records.push(value)
    this.#heldBytes += bytesPerRecord
    if (this.#records.length === 1) this.#onChange()
  }

  /** Records in the generic encoding. */
  addEncoded(bytes: Uint8Array, recordCount: number): void {
    this.#encoded.reserve(bytes.length)
    this.#encoded.bytes.set(bytes, this.#encoded.position)
    this.#encoded.position += bytes.length
    this.#recordCount += recordCount
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#onChange()
  }

  /** It is of no use any more. */
  drop(): void {
    this.#hasEnded = true
    this.#frames = []
    this.#records = []
    this.#heldBytes = 0
  }

  /**
   * Encodes a part of what was taken; false where there is nothing to do. Throws what a record of a
   * kind that has no encoding is refused with.
   */
  encodeNext(): boolean {
    const frame = this.#frames.shift()
    if (frame !== undefined) {
      this.#encodeFrame(frame)
      return true
    }
    if (this.#records.length === 0) return false
    const records = this.#records.splice(0, recordsPerStep)
    for (const record of records) writeGeneric(record, this.#encoded)
    this.#recordCount += records.length
    this.#heldBytes -= records.length * bytesPerRecord
    return true
  }

  get #hasWork(): boolean {
    return this.#frames.length + this.#records.length > 0
  }

  #encodeFrame(frame: Frame): void {
    this.#heldBytes -= frame.size
    const transcoder = this.#transcoder as RowTranscoder
    const reader = this.#reader as RowReader
    const { checkpointId } = this
    const { recordCount, stoppedAt } = transcoder.transcode(
      reader,
      frame,
      checkpointId,
      this.#encoded,
    )
    this.#recordCount += recordCount
    if (stoppedAt === undefined) return
    this.#frames = []
    this.#heldBytes = 0
    const isNews = !this.#hasEnded
    this.end()
    if (isNews && stoppedAt === 'barrier') this.onBarrierFound()
  }
}
