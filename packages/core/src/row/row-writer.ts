import { assert } from '../assert.ts'
import type { CheckpointPurpose } from '../checkpoint/checkpoint-message.ts'
import { barrierPurposes, Frame, type FrameTarget, frameHeaderBytes, rowTag } from './frame.ts'
import type { RowEncoding } from './row-encoding.ts'
import { encoded } from './shape/encoder-source.ts'
import type { RowEncoder } from './shape/row-encoder.ts'

const emptyFrame = new Frame(0)

/**
 * Writes the rows of one channel into frames, made by `RowEncoding.createWriter`. A full frame is
 * pushed to the target by itself; what remains is pushed by `flush`. After `flush` no frame is held
 * until the next row, so quiet channels hold none.
 *
 * `write` must be called as a method: it is generated code, replaced when a shape comes to be
 * known.
 */
export class RowWriter {
  // The part that generated code touches.
  bytes: Uint8Array = emptyFrame.bytes
  view: DataView = emptyFrame.view
  position = 0
  /**
   * Rows of records must end at or before this position. It is 0 where something is to be done
   * first (acquire a frame, announce a shape), so that this needs no test of its own.
   */
  limit = 0
  /** Records in the frame. */
  frameRecords = 0

  readonly #encoding: RowEncoding
  readonly #target: FrameTarget
  #frame = emptyFrame
  #frameCount = 0
  #recordsBefore = 0
  #shapesAnnounced = 0

  constructor(encoding: RowEncoding, target: FrameTarget) {
    this.#encoding = encoding
    this.#target = target
  }

  /** Records written so far, whether pushed or not. */
  get recordCount(): number {
    return this.#recordsBefore + this.frameRecords
  }

  /** Bytes of rows that are not pushed yet. */
  get pendingBytes(): number {
    return this.#frame === emptyFrame ? 0 : this.position - frameHeaderBytes
  }

  /**
   * Writes a record. On an edge that is not keyed, `key` and `hash` are ignored.
   *
   * @throws MillraceError RECORD_TYPE_MISMATCH where it does not fit its declared type or cannot be
   * encoded at all, RECORD_TOO_LARGE. Nothing is written then, and writing may go on.
   */
  write(record: unknown, key: unknown, hash: number): void {
    this.writeSlowly(record, key, hash)
  }

  writeWatermark(timestamp: number): void {
    this.#writeNumber(rowTag.watermark, timestamp)
  }

  writeBarrier(checkpointId: number, purpose: CheckpointPurpose): void {
    this.#makeRoom(10)
    this.#writeNumber(rowTag.barrier, checkpointId)
    this.bytes[this.position++] = barrierPurposes.indexOf(purpose)
  }

  writeEndOfData(): void {
    this.#makeRoom(1)
    this.bytes[this.position++] = rowTag.endOfData
  }

  writeWatermarkStatus(isIdle: boolean): void {
    this.#makeRoom(2)
    this.bytes[this.position++] = rowTag.watermarkStatus
    this.bytes[this.position++] = isIdle ? 1 : 0
  }

  /** Pushes the frame, if there is one. */
  flush(): void {
    const frame = this.#frame
    if (frame === emptyFrame) return
    frame.length = this.position
    const { view } = frame
    view.setUint32(0, this.position, true)
    view.setUint32(4, this.#target.channel, true)
    view.setUint32(8, this.frameRecords, true)
    view.setUint32(12, this.#frameCount++, true)
    this.#recordsBefore += this.frameRecords
    this.#use(emptyFrame, 0)
    this.#target.push(frame)
  }

  /** For generated code: writes a record that it could not write. */
  writeSlowly(record: unknown, key: unknown, hash: number): void {
    this.#encoding.writeSlowly(this, record, key, hash)
  }

  /** For the edge's RowEncoding: a shape was added, which must be announced before it is used. */
  onShapeAdded(): void {
    this.limit = 0
  }

  /**
   * For the edge's RowEncoding: writes a record with one shape's encoder, after whatever has to be
   * done first. Returns false, having written nothing, where it does not fit the shape.
   */
  writeWith(encode: RowEncoder, record: unknown, key: unknown, hash: number): boolean {
    if (this.limit === 0) this.#prepare()
    const result = encode(this, record, key, hash)
    if (result !== encoded.overflow) return result === encoded.done
    const row = this.#encoding.encodeRow(encode, record, key, hash)
    if (row !== undefined) this.writeRow(row)
    return row !== undefined
  }

  /** For the edge's RowEncoding: appends the row of a record as it stands. */
  writeRow(row: Uint8Array): void {
    this.#append(row)
    this.frameRecords++
  }

  #writeNumber(tag: number, value: number): void {
    this.#makeRoom(9)
    this.bytes[this.position] = tag
    this.view.setFloat64(this.position + 1, value, true)
    this.position += 9
  }

  #append(row: Uint8Array): void {
    this.#makeRoom(row.length)
    this.bytes.set(row, this.position)
    this.position += row.length
  }

  /** Announces the shapes that this channel does not know yet; opens the frame for records. */
  #prepare(): void {
    const { shapeRows } = this.#encoding
    while (this.#shapesAnnounced < shapeRows.length) {
      this.#append(shapeRows[this.#shapesAnnounced++] as Uint8Array)
    }
    this.#makeRoom(1)
    this.limit = this.#frame.size
  }

  /** Makes sure of a frame with so many bytes left. */
  #makeRoom(bytes: number): void {
    if (this.#frame !== emptyFrame) {
      if (this.position + bytes <= this.#frame.size) return
      this.flush()
    }
    const sizeMin = frameHeaderBytes + bytes
    const frame = this.#target.acquire(sizeMin)
    assert(frame.size >= sizeMin, `A frame of ${frame.size} bytes was acquired for ${sizeMin}`)
    this.#use(frame, frameHeaderBytes)
  }

  #use(frame: Frame, position: number): void {
    this.#frame = frame
    this.bytes = frame.bytes
    this.view = frame.view
    this.position = position
    this.frameRecords = 0
    const isAnnounced = this.#shapesAnnounced === this.#encoding.shapeRows.length
    this.limit = isAnnounced ? frame.size : 0
  }
}
