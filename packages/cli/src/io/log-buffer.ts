/** The newest lines of this process's log, for `millrace logs`. */
export class LogBuffer {
  readonly #lines: string[] = []
  readonly #capacity: number
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  push(line: string): void {
    this.#lines[this.#next] = line
    this.#next = (this.#next + 1) % this.#capacity
  }

  /** The newest lines, oldest of them first. */
  latest(lineCountMax: number): readonly string[] {
    const isFull = this.#lines.length === this.#capacity
    const inOrder = isFull
      ? [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)]
      : this.#lines
    return lineCountMax > 0 ? inOrder.slice(-lineCountMax) : []
  }
}
