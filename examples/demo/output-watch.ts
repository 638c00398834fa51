import { readdirSync } from 'node:fs'

const pollMs = 5

/** Notes when finished files appear in a folder: how long a reader of it had to wait. */
export class OutputWatch {
  readonly #folder: string
  readonly #names = new Set<string>()
  readonly #appearedAt: number[] = []
  readonly #timer: NodeJS.Timeout

  constructor(folder: string) {
    this.#folder = folder
    this.#timer = setInterval(() => this.#look(), pollMs)
  }

  get fileCount(): number {
    return this.#names.size
  }

  /** When the newest file appeared, by `performance.now()`; −Infinity before the first. */
  get lastAt(): number {
    return this.#appearedAt.at(-1) ?? Number.NEGATIVE_INFINITY
  }

  /** The longest time without a new file of those that ended after a moment. */
  longestGapMs(after: number): number {
    const gaps = this.#appearedAt.map((at, index) => {
      return at < after ? 0 : at - (this.#appearedAt[index - 1] ?? at)
    })
    return Math.max(0, ...gaps)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    let isNew = false
    for (const name of namesIn(this.#folder)) {
      if (!name.startsWith('part-') || this.#names.has(name)) continue
      this.#names.add(name)
      isNew = true
    }
    if (isNew) this.#appearedAt.push(now)
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // The job's first attempt makes it.
    return []
  }
}
