// A block of lines at the end of the terminal that is drawn again and again. Whatever else is
// written meanwhile (what a job prints, with --local) goes above it.

type Write = typeof process.stdout.write

const escapeCharacter = '\u001b'
const eraseToEnd = `${escapeCharacter}[0J`

/** Draws on standard error, so that standard output holds results only. */
export class LiveDisplay {
  readonly #out = process.stderr
  readonly #writes = new Map<NodeJS.WriteStream, Write>()
  #block = ''
  #height = 0
  /** Something was written that did not end its line: there is no room for the block. */
  #isMidLine = false

  /** From now on, other output is kept above the block. */
  open(): void {
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream) as Write
      this.#writes.set(stream, write)
      const above = (...args: Parameters<Write>): boolean => {
        this.#erase()
        const result = write(...args)
        const text = typeof args[0] === 'string' ? args[0] : Buffer.from(args[0]).toString()
        if (text !== '') this.#isMidLine = !text.endsWith('\n')
        this.#draw()
        return result
      }
      stream.write = above as Write
    }
  }

  show(lines: readonly string[]): void {
    this.#erase()
    const columns = this.#out.columns
    this.#block = lines.map((line) => `${clip(line, columns)}\n`).join('')
    this.#draw()
  }

  /** Leaves the last block on the terminal. */
  close(): void {
    for (const [stream, write] of this.#writes) stream.write = write
    this.#writes.clear()
    this.#block = ''
    this.#height = 0
  }

  /** Takes the block away. */
  clear(): void {
    this.#erase()
    this.#block = ''
  }

  #draw(): void {
    if (this.#isMidLine) return
    this.#writeRaw(this.#block)
    this.#height = this.#block === '' ? 0 : this.#block.split('\n').length - 1
  }

  #erase(): void {
    if (this.#height > 0) this.#writeRaw(`${escapeCharacter}[${this.#height}A\r${eraseToEnd}`)
    this.#height = 0
  }

  #writeRaw(text: string): void {
    const write = this.#writes.get(this.#out) ?? this.#out.write.bind(this.#out)
    if (text !== '') write(text)
  }
}

const escapes = new RegExp(`(${escapeCharacter}\\[[0-9;]*m)`)

/**
 * The line cut to the terminal's width; colours take no room. A wrapped line could not be erased.
 */
function clip(line: string, columns: number): string {
  let room = Math.max(1, columns - 1)
  let result = ''
  for (const part of line.split(escapes)) {
    if (escapes.test(part)) {
      result += part
    } else {
      result += part.slice(0, room)
      room -= Math.min(room, part.length)
    }
  }
  return result
}
