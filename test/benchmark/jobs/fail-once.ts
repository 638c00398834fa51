import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nowMicros } from './probe.ts'

const recordsPerLook = 64

/** Throws once in the life of a job, some time after its first task was opened. */
export class FailOnce {
  readonly #file: string
  readonly #atMs: number
  #records = 0

  /** `afterMs` below 0: never. When it threw is in `fail.txt`, in microseconds since 1970. */
  constructor(directory: string, afterMs: number) {
    this.#file = join(directory, 'fail.txt')
    const isOver = afterMs < 0 || existsSync(this.#file)
    this.#atMs = isOver ? Number.POSITIVE_INFINITY : performance.now() + afterMs
  }

  /** Called per record. */
  onRecord(): void {
    if (++this.#records < recordsPerLook) return
    this.#records = 0
    if (performance.now() > this.#atMs) this.#fail()
  }

  #fail(): void {
    if (existsSync(this.#file)) return
    writeFileSync(this.#file, String(Math.round(nowMicros())))
    throw new Error('injected failure')
  }
}
