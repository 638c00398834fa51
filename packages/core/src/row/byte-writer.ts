/** Bytes that grow as they are written: scratch space, reused from value to value. */
export class ByteWriter {
  /** Not a Buffer: generated code meets the same class here as in a Frame. */
  bytes: Uint8Array
  view: DataView
  position = 0

  constructor(sizeBytes = 256) {
    this.bytes = new Uint8Array(sizeBytes)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `count` bytes more. `bytes` and `view` may be others afterwards. */
  reserve(count: number): void {
    const needed = this.position + count
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.position))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  /** What was written, as a copy of its own. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.position)
  }
}

const keptMaxBytes = 1 << 20

/**
 * A writer to be used again and again: `take`, write, `give` back. Writing a value may run a getter
 * of the user's that comes to write another one; it then takes a writer of its own.
 */
export class ScratchWriter {
  #spare: ByteWriter | undefined

  /** An empty writer. Where what follows throws, it need not be given back. */
  take(): ByteWriter {
    const writer = this.#spare ?? new ByteWriter()
    this.#spare = undefined
    writer.position = 0
    return writer
  }

  give(writer: ByteWriter): void {
    if (writer.bytes.length <= keptMaxBytes) this.#spare = writer
  }
}

/** Bytes with a position that reading moves on. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }
}
