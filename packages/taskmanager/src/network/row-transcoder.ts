import {
  assert,
  type ByteWriter,
  Frame,
  frameHeaderBytes,
  RowDecoding,
  type RowReader,
  rowsEnded,
  rowTag,
  writeGeneric,
} from '@millrace/core'

/** What came of the rows of one frame. */
export interface TranscodedFrame {
  readonly recordCount: number
  /** Why reading stopped before the end of the frame; undefined: it did not. */
  readonly stoppedAt: 'barrier' | 'end-of-data' | undefined
}

/**
 * Writes the records of frames in the generic encoding, which needs no shapes to be read. One for
 * all channels of an edge, so that code is generated once for each shape.
 */
export class RowTranscoder {
  readonly #decoding: RowDecoding
  #target: ByteWriter | undefined
  #recordCount = 0

  constructor() {
    const process = (value: unknown): void => {
      assert(this.#target !== undefined, 'A row was read outside of transcode')
      writeGeneric(value, this.#target)
      this.#recordCount++
    }
    this.#decoding = new RowDecoding({ process })
  }

  /** Reads frames of a channel that announced these shapes before. */
  createReader(shapeRows: readonly Uint8Array[]): RowReader {
    const reader = this.#decoding.createReader('of channel state')
    const sizeBytes = shapeRows.reduce((sum, { length }) => sum + length, frameHeaderBytes)
    const frame = new Frame(sizeBytes)
    frame.length = frameHeaderBytes
    for (const row of shapeRows) {
      frame.bytes.set(row, frame.length)
      frame.length += row.length
    }
    reader.begin(frame)
    assert(reader.readRows() === rowsEnded, 'More than shapes was announced')
    return reader
  }

  /** Appends the records of a frame, or those before the barrier of this checkpoint. */
  transcode(
    reader: RowReader,
    frame: Frame,
    checkpointId: number,
    target: ByteWriter,
  ): TranscodedFrame {
    this.#target = target
    this.#recordCount = 0
    reader.begin(frame)
    let stoppedAt: TranscodedFrame['stoppedAt']
    for (let tag = reader.readRows(); tag !== rowsEnded; tag = reader.readRows()) {
      if (tag === rowTag.barrier && reader.value === checkpointId) stoppedAt = 'barrier'
      else if (tag === rowTag.endOfData) stoppedAt = 'end-of-data'
      if (stoppedAt !== undefined) break
    }
    this.#target = undefined
    return { recordCount: this.#recordCount, stoppedAt }
  }
}

/** A copy of a frame's rows from `position` on, of whose records `recordsBefore` are left out. */
export function copyOfFrame(frame: Frame, position: number, recordsBefore: number): Frame {
  const copy = new Frame(frameHeaderBytes + frame.length - position)
  copy.length = copy.size
  copy.bytes.set(frame.bytes.subarray(0, frameHeaderBytes))
  copy.bytes.set(frame.bytes.subarray(position, frame.length), frameHeaderBytes)
  copy.view.setUint32(0, copy.length, true)
  copy.view.setUint32(8, frame.view.getUint32(8, true) - recordsBefore, true)
  return copy
}
