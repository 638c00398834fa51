import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const firstEveryMs = 5

/**
 * Progress of one subtask as the benchmark's driver reads it: a file per role, subtask and attempt
 * with lines `<microseconds since 1970> <count> <lag in microseconds or -1>`, as the Flink side
 * writes.
 */
export class Probe {
  count = 0
  /** When the newest record was due, in microseconds since 1970; 0: unknown. */
  dueMicros = 0
  readonly #file: string
  readonly #everyMs: number
  #timer: NodeJS.Timeout
  #written = -1

  constructor(directory: string, place: { role: string; subtask: number; everyMs: number }) {
    mkdirSync(directory, { recursive: true })
    const nonce = `${process.pid}-${Math.trunc(nowMicros() % 1e12)}`
    this.#file = join(directory, `${place.role}-${place.subtask}-${nonce}.log`)
    this.#write()
    this.#everyMs = place.everyMs
    this.#timer = setInterval(() => this.#watchForFirst(), firstEveryMs)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#write()
  }

  /** When the first record came is wanted more exactly than how many come in an interval. */
  #watchForFirst(): void {
    if (this.count === 0) return
    this.#write()
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#write(), this.#everyMs)
  }

  #write(): void {
    if (this.count === this.#written) return
    this.#written = this.count
    const now = nowMicros()
    const lag = this.dueMicros > 0 ? Math.round(now - this.dueMicros) : -1
    appendFileSync(this.#file, `${Math.round(now)} ${this.count} ${lag}\n`)
  }
}

export function nowMicros(): number {
  return (performance.timeOrigin + performance.now()) * 1000
}
