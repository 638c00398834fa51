import { assert } from '../assert.ts'
import type { CheckpointPurpose } from '../checkpoint/checkpoint-message.ts'
import { MillraceError } from '../errors.ts'
import { hashKey } from '../key/hash-key.ts'
import { ByteReader } from './byte-writer.ts'
import { barrierPurposes, Frame, frameHeaderBytes, rowTag } from './frame.ts'
import { readGeneric } from './generic/read-generic.ts'
import type { RowConsumer, RowDecoder, RowDecoding } from './row-decoding.ts'
import { textMark } from './row-text.ts'
import { readLatin1, readUtf8, readUtf16 } from './text-bytes.ts'

/** What `readRows` returns at the end of a frame. */
export const rowsEnded = 0

/** What `readRows` returns where the consumer's `suspension` stopped it. */
export const rowsSuspended = 255

/** What `readRows` returns where it has read as many records as it should. */
export const rowsPaused = 254

const noPause = 2 ** 30

const emptyFrame = new Frame(0)

/**
 * Reads the frames of one channel, in order:
 *
 * 1. `begin(frame)`;
 * 2. `readRows()` again and again, until it returns `rowsEnded`. It returns the tag of each control
 *    row on its way (`rowTag`), whose number then is `value`, and `rowsSuspended` or `rowsPaused`
 *    where it was stopped. Between two calls the frame must not change.
 *
 * Records are copies: nothing points into a frame that was read, but strings of 13 characters and
 * more into its text (see `detachString`). An object's fields come in the order in which they were
 * emitted; an instance of a class arrives as a plain object.
 *
 * @throws MillraceError FRAME_CORRUPT, with channel and position, where the bytes make no sense.
 * What `process` and the key selector throw passes through; the frame cannot be read on then.
 */
export class RowReader {
  // The part that generated code touches.
  bytes: Uint8Array = emptyFrame.bytes
  view: DataView = emptyFrame.view
  /** Of the next row. */
  position = 0
  end = 0
  /** The frame as latin-1, made when first asked for. */
  text: string | null = null
  /** Records read of this frame. */
  frameRecords = 0
  /** Records of this frame after which `readRows` pauses. `begin` sets it to none. */
  pauseAt: number = noPause
  /** Position behind the value that `readAny` or `readLongText` read. */
  valueEnd = 0

  /** Of the control row met last: timestamp, checkpoint id, or 1 idle and 0 active. */
  value = 0
  /** Of the barrier met last. */
  purpose: CheckpointPurpose = 'checkpoint'

  /** The SHAPE rows met so far: with these before them, later frames can be read elsewhere too. */
  readonly shapeRows: Uint8Array[] = []

  readonly #decoding: RowDecoding
  readonly #consumer: RowConsumer
  readonly #channelName: string
  /** By tag. */
  readonly #decoders: RowDecoder[] = []
  /** On the bytes of this frame; made when first used. */
  #generic: ByteReader | undefined
  #recordsBefore = 0
  #frame = emptyFrame

  constructor(decoding: RowDecoding, channelName: string) {
    this.#decoding = decoding
    this.#consumer = decoding.consumer
    this.#channelName = channelName
  }

  /** Records read of this channel since its first frame. */
  get recordCount(): number {
    return this.#recordsBefore + this.frameRecords
  }

  begin(frame: Frame): void {
    assert(this.#frame === emptyFrame, `Channel '${this.#channelName}' has a frame begun already`)
    this.#recordsBefore += this.frameRecords
    this.frameRecords = 0
    this.pauseAt = noPause
    this.#frame = frame
    this.bytes = frame.bytes
    this.view = frame.view
    this.position = frameHeaderBytes
    this.end = frame.length
    this.text = null
    this.#generic = undefined
    if (frame.length < frameHeaderBytes || frame.length > frame.size) {
      this.corrupt(0, `a frame of ${frame.size} bytes cannot hold ${frame.length}`)
    }
  }

  readRows(): number {
    while (this.position < this.end) {
      const tag = this.bytes[this.position] as number
      if (tag >= rowTag.firstShape) {
        const decode = this.#decoders[tag]
        if (decode === undefined) this.corrupt(this.position, 'no shape was announced for the tag')
        if (decode(this)) return rowsSuspended
      } else if (tag === rowTag.generic) {
        if (this.#readGenericRow()) return rowsSuspended
      } else if (tag === rowTag.shape) {
        this.#readShapeRow()
      } else {
        this.#readControlRow(tag)
        return tag
      }
      if (this.frameRecords >= this.pauseAt && this.position < this.end) return rowsPaused
    }
    this.#end()
    return rowsEnded
  }

  /** For generated code: the frame as latin-1. */
  takeText(): string {
    const text = readLatin1(this.bytes, 0, this.end)
    this.text = text
    return text
  }

  /** For generated code: reads a generic value at `position`; it ends at `valueEnd`. */
  readAny(position: number): unknown {
    this.#generic ??= new ByteReader(this.bytes)
    const reader = this.#generic
    reader.position = position
    let value: unknown
    try {
      value = readGeneric(reader)
    } catch (error) {
      this.corrupt(position, 'a generic value makes no sense', error)
    }
    this.valueEnd = reader.position
    return value
  }

  /** For generated code: reads a text with a mark at `position`; it ends at `valueEnd`. */
  readLongText(position: number): string {
    const start = position + 5
    if (start > this.end) this.corrupt(position, 'a row ends after the frame')
    const mark = this.bytes[position] as number
    const length = this.view.getUint32(position + 1, true)
    const end = start + (mark === textMark.utf16 ? 2 * length : length)
    if (end > this.end) this.corrupt(position, 'a row ends after the frame')
    this.valueEnd = end
    if (mark === textMark.latin1) return readLatin1(this.bytes, start, end)
    if (mark === textMark.utf8) return readUtf8(this.bytes, start, end)
    if (mark === textMark.utf16) return readUtf16(this.bytes, start, end)
    return this.corrupt(position, `no text begins with ${mark}`)
  }

  /** For generated code: throws FRAME_CORRUPT. */
  corrupt(position: number, reason: string, cause?: unknown): never {
    const tag = this.bytes[position] ?? -1
    throw new MillraceError(
      'FRAME_CORRUPT',
      `A frame of channel '${this.#channelName}' cannot be read at byte ${position} of` +
        ` ${this.end} (tag ${tag}): ${reason}. The task restarts from its latest checkpoint; if` +
        ' this repeats, look for different versions of Millrace, or for damaged memory.',
      {
        cause,
        disposition: 'retry',
        details: { channel: this.#channelName, position, tag },
      },
    )
  }

  /** Returns whether reading was suspended. */
  #readGenericRow(): boolean {
    const row = this.position
    const end = this.#lengthedEnd(row + 1)
    const value = this.readAny(row + 5)
    if (this.valueEnd !== end) this.corrupt(row, 'a generic record has another length than told')
    this.position = end
    this.frameRecords++
    const { process, keyOf, suspension } = this.#consumer
    if (keyOf === undefined) {
      process(value, undefined, 0)
    } else {
      const key = keyOf(value)
      process(value, key, hashKey(key))
    }
    return suspension?.suspended ?? false
  }

  #readShapeRow(): void {
    const row = this.position
    if (row + 6 > this.end) this.corrupt(row, 'a row ends after the frame')
    const tag = this.bytes[row + 1] as number
    if (tag < rowTag.firstShape) this.corrupt(row, `no shape has the tag ${tag}`)
    const end = this.#lengthedEnd(row + 2)
    try {
      this.#decoders[tag] = this.#decoding.decoderOf(readUtf8(this.bytes, row + 6, end))
    } catch (error) {
      this.corrupt(row, 'a shape makes no sense', error)
    }
    this.shapeRows.push(this.bytes.slice(row, end))
    this.position = end
  }

  /** End of what stands behind its u32 length. */
  #lengthedEnd(position: number): number {
    const start = position + 4
    const end = start > this.end ? start : start + this.view.getUint32(position, true)
    if (end > this.end) this.corrupt(this.position, 'a row ends after the frame')
    return end
  }

  #readControlRow(tag: number): void {
    const row = this.position
    const bytes = controlBytes[tag]
    if (bytes === undefined) this.corrupt(row, 'no row has this tag')
    if (row + 1 + bytes > this.end) this.corrupt(row, 'a row ends after the frame')
    if (bytes >= 8) this.value = this.view.getFloat64(row + 1, true)
    else this.value = bytes === 1 ? (this.bytes[row + 1] as number) : 0
    if (tag === rowTag.barrier) this.purpose = this.#purposeAt(row + 9)
    this.position = row + 1 + bytes
  }

  #purposeAt(position: number): CheckpointPurpose {
    const purpose = barrierPurposes[this.bytes[position] as number]
    return purpose ?? this.corrupt(position, 'no checkpoint is taken for this')
  }

  /** The frame's header tells how many records must have come. */
  #end(): void {
    if (this.#frame === emptyFrame) return
    const told = this.view.getUint32(8, true)
    if (told !== this.frameRecords) {
      this.corrupt(this.position, `${this.frameRecords} records were read of ${told}`)
    }
    this.#frame = emptyFrame
    this.text = null
  }
}

/** Bytes behind the tag of a control row. */
const controlBytes: Readonly<Record<number, number>> = {
  [rowTag.watermark]: 8,
  [rowTag.barrier]: 9,
  [rowTag.endOfData]: 0,
  [rowTag.watermarkStatus]: 1,
}
