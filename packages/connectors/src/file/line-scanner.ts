import { assert, MillraceError } from '@millrace/core'
import type { ChunkBuffers } from './chunk-buffers.ts'
import type { OpenFile } from './file-access.ts'
import type { FileSplit } from './file-split.ts'
import { byteOrderMarkLength, LineChunk } from './line-chunk.ts'

const newline = 10

/**
 * Reads the lines of one split, chunk by chunk. A line belongs to the split it starts in; whether a
 * line starts at the split's position shows the byte before it, so reading begins there.
 */
export class LineScanner {
  readonly #file: OpenFile
  readonly #split: FileSplit
  readonly #buffers: ChunkBuffers
  readonly #lineSizeMaxBytes: number
  #buffer: Buffer
  /** Offset in the file of the buffer's first byte. */
  #base: number
  /** Bytes in the buffer. */
  #length = 0
  /** The rest of a line that belongs to the split before this one comes first. */
  #skipsLine: boolean
  #isEndOfFile = false
  #isDone = false

  constructor(file: OpenFile, split: FileSplit, buffers: ChunkBuffers, lineSizeMaxBytes: number) {
    this.#file = file
    this.#split = split
    this.#buffers = buffers
    this.#lineSizeMaxBytes = lineSizeMaxBytes
    this.#buffer = buffers.acquire(0)
    this.#skipsLine = split.position > 0
    this.#base = this.#skipsLine ? split.position - 1 : 0
  }

  /** The next chunk; the one with `isLast` is the last, and may be empty. */
  async next(): Promise<LineChunk> {
    assert(!this.#isDone, 'No chunk follows the last one')
    let chunk: LineChunk | undefined
    while (chunk === undefined) {
      await this.#fill()
      chunk = this.#cut()
    }
    this.#isDone = chunk.isLast
    if (!chunk.isLast) this.#carryOver(chunk.end)
    return chunk
  }

  async #fill(): Promise<void> {
    const { path, end } = this.#split
    if (this.#length === this.#buffer.length) this.#grow()
    const room = this.#buffer.length - this.#length
    const position = this.#base + this.#length
    const count = await this.#file.read(this.#buffer, this.#length, room, position)
    this.#length += count
    this.#isEndOfFile = count === 0
    if (this.#isEndOfFile && position < end) {
      const message =
        `File ${path} has ${position} bytes, but had at least ${end} when it was found: it was ` +
        `cut short or replaced while it was read. Write files elsewhere and rename them into ` +
        `place.`
      throw new MillraceError('FILE_READ_FAILED', message, {
        disposition: 'retry',
        blame: 'external',
        details: { path, sizeBytes: position },
      })
    }
  }

  /**
   * The whole lines in the buffer that belong to the split; undefined if more must be read first.
   */
  #cut(): LineChunk | undefined {
    const filled = this.#buffer.subarray(0, this.#length)
    let start = 0
    if (this.#skipsLine) {
      const found = filled.indexOf(newline)
      if (found < 0 && !this.#isEndOfFile) {
        this.#base += this.#length
        this.#length = 0
        return undefined
      }
      start = found < 0 ? this.#length : found + 1
      this.#skipsLine = false
    } else if (
      this.#isEndOfFile &&
      this.#base === 0 &&
      byteOrderMarkLength(filled) === this.#length
    ) {
      // Nothing but the mark is no line.
      start = this.#length
    }
    return this.#cutFrom(filled, start)
  }

  #cutFrom(filled: Buffer, start: number): LineChunk | undefined {
    const owned = this.#split.end - this.#base
    if (start >= owned) return this.#chunk(start, start, true)
    // The line that holds the split's last byte is the last one.
    const lastEnd = filled.indexOf(newline, Math.max(start, owned - 1))
    if (lastEnd >= 0) return this.#chunk(start, lastEnd + 1, true)
    if (this.#isEndOfFile) return this.#chunk(start, this.#length, true)
    const end = filled.lastIndexOf(newline) + 1
    if (end > start) return this.#chunk(start, end, false)
    if (this.#length - start > this.#lineSizeMaxBytes) {
      throw lineTooLong(this.#split.path, this.#base + start, this.#lineSizeMaxBytes)
    }
    if (start > 0) this.#keepFrom(start)
    return undefined
  }

  #chunk(start: number, end: number, isLast: boolean): LineChunk {
    return new LineChunk(this.#buffer, { base: this.#base, start, end }, isLast)
  }

  /** The chunk keeps its buffer; what follows it moves on to a new one. */
  #carryOver(end: number): void {
    const rest = this.#length - end
    const buffer = this.#buffers.acquire(rest)
    this.#buffer.copy(buffer, 0, end, this.#length)
    this.#buffer = buffer
    this.#base += end
    this.#length = rest
  }

  /** Drops what was skipped, so that it is not skipped again. */
  #keepFrom(start: number): void {
    this.#buffer.copyWithin(0, start, this.#length)
    this.#base += start
    this.#length -= start
  }

  #grow(): void {
    const buffer = this.#buffers.acquire(this.#buffer.length * 2)
    this.#buffer.copy(buffer)
    this.#buffers.release(this.#buffer)
    this.#buffer = buffer
  }
}

export function lineTooLong(path: string, position: number, sizeBytesMax: number): MillraceError {
  const message =
    `A line of file ${path} at byte ${position} is longer than ${sizeBytesMax} bytes. Raise ` +
    'lineSizeMaxBytes of the source if it is meant, or look whether the file is text at all.'
  return new MillraceError('RECORD_TOO_LARGE', message, {
    blame: 'external',
    details: { path, position, sizeBytesMax },
  })
}
