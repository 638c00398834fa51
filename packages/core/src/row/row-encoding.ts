import { MillraceError } from '../errors.ts'
import type { TypeDescriptor } from '../type/type-descriptor.ts'
import { explainMismatch } from '../type/type-mismatch.ts'
import { ByteWriter } from './byte-writer.ts'
import { Frame, type FrameTarget, rowTag, shapeCountMax } from './frame.ts'
import { writeGeneric } from './generic/write-generic.ts'
import { RowWriter } from './row-writer.ts'
import { encoded } from './shape/encoder-source.ts'
import { compileEncoders, type RowEncoder } from './shape/row-encoder.ts'
import { type KeyMode, type RowShape, shapeText } from './shape/shape.ts'
import { ShapeSampler } from './shape/shape-sampler.ts'

export interface RowEncodingOptions {
  /** What messages call the edge. */
  readonly edge: string
  /** Declared type of the records; undefined where it is to be inferred. */
  readonly type: TypeDescriptor | undefined
  /** Whether records come with a key and its hash. */
  readonly keyed: boolean
  /** No record may take more bytes; applies to those that do not fit a frame of the usual size. */
  readonly recordSizeMaxBytes: number
}

/**
 * How the records of one edge are encoded, for all its channels: the shapes found so far, and the
 * code generated for them. A declared type is a shape from the first record on, and what does not
 * fit it is refused. Without one, records travel in the generic encoding until samples tell their
 * shape; afterwards those that do not fit ("odd" ones) do, and lead to further shapes if they are
 * many.
 */
export class RowEncoding {
  readonly options: RowEncodingOptions
  readonly shapes: RowShape[] = []
  /** SHAPE rows of the shapes, complete. */
  readonly shapeRows: Uint8Array[] = []
  /** Records that travelled in the generic encoding. */
  oddRecordCount = 0

  readonly #Writer: typeof RowWriter
  readonly #writers: RowWriter[] = []
  readonly #sampler = new ShapeSampler()
  #sampledMode: KeyMode = 'none'
  #encoders: readonly RowEncoder[] = []
  /** Rows that are not written into a frame at once. */
  #scratch = new ByteWriter(1024)
  readonly #scratchWriter: RowWriter

  constructor(options: RowEncodingOptions) {
    this.options = options
    // A class of its own, so that no other edge's records pass through this one's code.
    this.#Writer = class extends RowWriter {}
    this.#scratchWriter = new this.#Writer(this, noTarget)
    if (options.type !== undefined && !options.keyed) this.#addShape(options.type, 'none')
  }

  createWriter(target: FrameTarget): RowWriter {
    const writer = new this.#Writer(this, target)
    this.#writers.push(writer)
    return writer
  }

  /** For RowWriter: a record that generated code could not write, or for which there is none. */
  writeSlowly(writer: RowWriter, record: unknown, key: unknown, hash: number): void {
    for (const encode of this.#encoders) {
      if (writer.writeWith(encode, record, key, hash)) return
    }
    const { type } = this.options
    if (type !== undefined) {
      this.#writeDeclared(writer, type, { record, key, hash })
      return
    }
    writer.writeRow(this.#genericRow(record))
    this.oddRecordCount++
    this.#sample(record, key)
  }

  /**
   * For RowWriter: the row of a record that did not fit the rest of a frame, valid until the next
   * call; undefined where the record turns out not to fit the shape.
   */
  encodeRow(
    encode: RowEncoder,
    record: unknown,
    key: unknown,
    hash: number,
  ): Uint8Array | undefined {
    const scratch = this.#scratch
    const writer = this.#scratchWriter
    for (;;) {
      writer.bytes = scratch.bytes
      writer.view = scratch.view
      writer.limit = scratch.bytes.length
      writer.position = 0
      const result = encode(writer, record, key, hash)
      if (result === encoded.done) return this.#checkedRow(writer.position)
      if (result === encoded.misfit) return undefined
      scratch.position = 0
      scratch.reserve(this.#largerSize(scratch.bytes.length))
    }
  }

  #largerSize(size: number): number {
    if (size >= sizeTriedMaxBytes) throw this.#tooLarge(`more than ${size}`)
    return size * 2
  }

  #genericRow(record: unknown): Uint8Array {
    const scratch = this.#scratch
    scratch.position = 5
    writeGeneric(record, scratch)
    scratch.bytes[0] = rowTag.generic
    scratch.view.setUint32(1, scratch.position - 5, true)
    return this.#checkedRow(scratch.position)
  }

  /** The row in scratch, whose space is given back if a large record made it large. */
  #checkedRow(size: number): Uint8Array {
    const row = this.#scratch.bytes.subarray(0, size)
    if (this.#scratch.bytes.length > scratchKeptMaxBytes) this.#scratch = new ByteWriter(1024)
    if (size > this.options.recordSizeMaxBytes) throw this.#tooLarge(String(size))
    return row
  }

  /** The first record tells the key mode; a key of another kind than before needs another shape. */
  #writeDeclared(writer: RowWriter, type: TypeDescriptor, { record, key, hash }: Keyed): void {
    const mode = this.#keyModeOf(key)
    const mismatch = explainMismatch(type, record)
    if (mismatch !== undefined) throw this.#mismatch(mismatch)
    if (this.shapes.some((shape) => shape.key === mode)) {
      throw this.#mismatch('it was changed while it was read')
    }
    this.#addShape(type, mode)
    this.writeSlowly(writer, record, key, hash)
  }

  #keyModeOf(key: unknown): KeyMode {
    if (!this.options.keyed) return 'none'
    return typeof key === 'number' ? 'number' : 'hash'
  }

  #sample(record: unknown, key: unknown): void {
    if (this.shapes.length === shapeCountMax) return
    // Once a key was no number, no shape is proposed for numbers again.
    if (this.#sampledMode !== 'hash') this.#sampledMode = this.#keyModeOf(key)
    const mode = this.#sampledMode
    for (const type of this.#sampler.add(record, mode, () => this.#recordCount())) {
      if (this.shapes.length < shapeCountMax) this.#addShape(type, mode)
    }
  }

  #recordCount(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.recordCount, 0)
  }

  #addShape(type: TypeDescriptor, key: KeyMode): void {
    const shape = { type, key }
    this.shapeRows.push(shapeRow(shape, rowTag.firstShape + this.shapes.length))
    this.shapes.push(shape)
    const isExact = this.options.type === undefined
    const { write, encoders } = compileEncoders(this.shapes, { isExact })
    this.#encoders = encoders
    this.#Writer.prototype.write = write
    for (const writer of this.#writers) writer.onShapeAdded()
  }

  #mismatch(what: string): MillraceError {
    const { edge } = this.options
    return new MillraceError(
      'RECORD_TYPE_MISMATCH',
      `A record of ${edge} does not have the declared type: ${what}.` +
        ' Correct the function that emits it, or the declaration.',
      { blame: 'user', disposition: 'fail-job', details: { edge } },
    )
  }

  #tooLarge(size: string): MillraceError {
    const { edge, recordSizeMaxBytes } = this.options
    return new MillraceError(
      'RECORD_TOO_LARGE',
      `A record of ${edge} takes ${size} bytes, but at most ${recordSizeMaxBytes} are allowed.` +
        ' Emit it in parts, or raise taskmanager.network.record-size-max.',
      { blame: 'user', disposition: 'fail-job', details: { edge, recordSizeMaxBytes } },
    )
  }
}

interface Keyed {
  readonly record: unknown
  readonly key: unknown
  readonly hash: number
}

const scratchKeptMaxBytes = 1 << 20
/** Above this not even the size of a record is found out. */
const sizeTriedMaxBytes = 1 << 29

const noTarget: FrameTarget = {
  channel: 0,
  acquire: () => new Frame(0),
  push: () => {},
}

function shapeRow(shape: RowShape, tag: number): Uint8Array {
  const text = Buffer.from(shapeText(shape))
  const row = Buffer.alloc(6 + text.length)
  row[0] = rowTag.shape
  row[1] = tag
  row.writeUInt32LE(text.length, 2)
  text.copy(row, 6)
  return row
}
