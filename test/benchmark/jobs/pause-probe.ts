import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { nowMicros } from './probe.ts'

const recordsPerLook = 16
const windowMs = 1000

/**
 * The longest time between two looks at the clock, with 16 records each, in every second: lines
 * `<microseconds since 1970> <longest in microseconds>`. Under full load that is how long nothing
 * was processed, for whatever reason. The Flink side does the same.
 */
export class PauseProbe {
  readonly #file: string
  #records = 0
  #lastMs = 0
  #windowStartMs = 0
  #longestMs = 0

  constructor(directory: string) {
    const nonce = `${process.pid}-${Math.trunc(nowMicros() % 1e12)}`
    this.#file = join(directory, `pauses-${nonce}.log`)
  }

  /** Called per record; does not allocate. */
  onRecord(): void {
    if (++this.#records < recordsPerLook) return
    this.#records = 0
    const now = performance.now()
    if (this.#lastMs > 0 && now - this.#lastMs > this.#longestMs) {
      this.#longestMs = now - this.#lastMs
    }
    if (now - this.#windowStartMs >= windowMs) this.#write(now)
    this.#lastMs = now
  }

  #write(now: number): void {
    if (this.#windowStartMs > 0) {
      const line = `${Math.round(nowMicros())} ${Math.round(this.#longestMs * 1000)}\n`
      appendFileSync(this.#file, line)
    }
    this.#windowStartMs = now
    this.#longestMs = 0
  }
}
