/** Whole lines of one split, as bytes, with a cursor. */
export class LineChunk {
  /** As it was allocated; free for other use once the chunk is consumed. */
  readonly buffer: Buffer
  /** Offset in the file of the buffer's first byte. */
  readonly base: number
  /** End, in the buffer, of the last line that belongs to the chunk, its newline included. */
  readonly end: number
  /** No line of the split follows. */
  readonly isLast: boolean
  readonly #bytes: Buffer
  /** Start, in the buffer, of the next line. */
  #cursor: number

  constructor(
    buffer: Buffer,
    range: { readonly base: number; readonly start: number; readonly end: number },
    isLast: boolean,
  ) {
    this.buffer = buffer
    this.base = range.base
    this.end = range.end
    this.isLast = isLast
    this.#bytes = buffer.subarray(0, range.end)
    this.#cursor = range.start
  }

  /** Offset in the file of the next line. */
  get position(): number {
    return this.base + this.#cursor
  }

  get isConsumed(): boolean {
    return this.#cursor >= this.end
  }

  /**
   * The next line without its line end. Called per record; only while not consumed. Each line is
   * decoded by itself: a substring of a decoded chunk would keep the whole chunk alive.
   */
  nextLine(): string {
    const bytes = this.#bytes
    const start = this.#cursor
    let lineEnd = bytes.indexOf(newline, start)
    if (lineEnd < 0) {
      lineEnd = bytes.length
      this.#cursor = lineEnd
    } else {
      this.#cursor = lineEnd + 1
    }
    if (lineEnd > start && bytes[lineEnd - 1] === carriageReturn) lineEnd -= 1
    if (start === 0 && this.base === 0) return this.#firstLine(lineEnd)
    return bytes.toString('utf8', start, lineEnd)
  }

  /** The mark belongs to the line, so that a position before the line is before the mark. */
  #firstLine(lineEnd: number): string {
    return this.#bytes.toString('utf8', byteOrderMarkLength(this.#bytes), lineEnd)
  }
}

/** Bytes of the mark that some programs write at the beginning of a text in UTF-8. */
export function byteOrderMarkLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

const newline = 10
const carriageReturn = 13
