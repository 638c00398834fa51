const carriageReturn = 13

/** Cuts a stream of bytes into records at a delimiter. */
export class RecordBuffer {
  readonly #delimiter: Buffer
  readonly #dropsCarriageReturn: boolean
  readonly #records: string[] = []
  #head = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(delimiter: string) {
    this.#delimiter = Buffer.from(delimiter)
    this.#dropsCarriageReturn = delimiter === '\n'
  }

  /** Bytes after the last delimiter. */
  get restBytes(): number {
    return this.#rest.length
  }

  get recordCount(): number {
    return this.#records.length - this.#head
  }

  add(bytes: Buffer): void {
    const searchedBytes = Math.max(0, this.#rest.length - this.#delimiter.length + 1)
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let start = 0
    let end = all.indexOf(this.#delimiter, searchedBytes)
    while (end >= 0) {
      this.#push(all, start, end)
      start = end + this.#delimiter.length
      end = all.indexOf(this.#delimiter, start)
    }
    // A copy: a short rest would keep all that came with it alive.
    this.#rest = Buffer.from(all.subarray(start))
  }

  /** No byte follows: what is left is a record, if it is anything. */
  end(): void {
    if (this.#rest.length > 0) this.#push(this.#rest, 0, this.#rest.length)
    this.#rest = Buffer.alloc(0)
  }

  /** The next record; only while there is one. */
  take(): string {
    const record = this.#records[this.#head]
    this.#head += 1
    if (this.#head === this.#records.length) {
      this.#records.length = 0
      this.#head = 0
    }
    return record ?? ''
  }

  #push(bytes: Buffer, start: number, end: number): void {
    const hasReturn = this.#dropsCarriageReturn && end > start && bytes[end - 1] === carriageReturn
    this.#records.push(bytes.toString('utf8', start, hasReturn ? end - 1 : end))
  }
}
