import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sink, SinkWriter, SinkWriterContext } from 'millrace'
import { nowMicros, Probe } from './probe.ts'

export interface CountingSinkOptions<T> {
  readonly out: string
  readonly probeMs: number
  /** When a record was due, in microseconds since 1970; undefined: no lag is measured. */
  readonly dueMicrosOf: ((record: T) => number) | undefined
  /** Keep a histogram of (now − due), in steps of 10 microseconds. */
  readonly latency: boolean
  /** Records of the first `warmMs` are not in the histogram. */
  readonly warmMs: number
}

/** Counts records and drops them; the sink of all benchmark jobs. */
export class CountingSink<T> implements Sink<T> {
  readonly kind = 'counting'
  readonly #options: CountingSinkOptions<T>

  constructor(options: CountingSinkOptions<T>) {
    this.#options = options
  }

  createWriter(context: SinkWriterContext): SinkWriter<T> {
    const { out, probeMs, dueMicrosOf, latency } = this.#options
    const probe = new Probe(out, { role: 'sink', subtask: context.subtaskIndex, everyMs: probeMs })
    if (dueMicrosOf === undefined) return new Counter<T>(probe)
    if (!latency) return new LagCounter<T>(probe, dueMicrosOf)
    return new LatencyHistogram<T>(probe, dueMicrosOf, {
      file: join(out, `hist-${context.subtaskIndex}`),
      fromMicros: nowMicros() + this.#options.warmMs * 1000,
    })
  }
}

class Counter<T> implements SinkWriter<T> {
  readonly #probe: Probe

  constructor(probe: Probe) {
    this.#probe = probe
  }

  write(_record: T): void {
    this.#probe.count++
  }

  flush(): void {}

  close(): void {
    this.#probe.close()
  }
}

class LagCounter<T> implements SinkWriter<T> {
  readonly #probe: Probe
  readonly #dueMicrosOf: (record: T) => number

  constructor(probe: Probe, dueMicrosOf: (record: T) => number) {
    this.#probe = probe
    this.#dueMicrosOf = dueMicrosOf
  }

  write(record: T): void {
    this.#probe.count++
    this.#probe.dueMicros = this.#dueMicrosOf(record)
  }

  flush(): void {}

  close(): void {
    this.#probe.close()
  }
}

const bucketMicros = 10
const bucketCount = 1_000_001

class LatencyHistogram<T> implements SinkWriter<T> {
  readonly #probe: Probe
  readonly #dueMicrosOf: (record: T) => number
  readonly #place: { readonly file: string; readonly fromMicros: number }
  readonly #buckets = new Uint32Array(bucketCount)
  readonly #timer: NodeJS.Timeout

  constructor(
    probe: Probe,
    dueMicrosOf: (record: T) => number,
    place: { readonly file: string; readonly fromMicros: number },
  ) {
    this.#probe = probe
    this.#dueMicrosOf = dueMicrosOf
    this.#place = place
    this.#timer = setInterval(() => this.#dump(), 1000)
  }

  write(record: T): void {
    const due = this.#dueMicrosOf(record)
    const now = nowMicros()
    this.#probe.count++
    this.#probe.dueMicros = due
    if (now < this.#place.fromMicros) return
    const bucket = Math.min(bucketCount - 1, Math.max(0, Math.trunc((now - due) / bucketMicros)))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  flush(): void {}

  close(): void {
    clearInterval(this.#timer)
    this.#dump()
    this.#probe.close()
  }

  #dump(): void {
    const lines: string[] = []
    this.#buckets.forEach((count, index) => {
      if (count > 0) lines.push(`${index * bucketMicros} ${count}`)
    })
    writeFileSync(`${this.#place.file}.tmp`, `${lines.join('\n')}\n`)
    renameSync(`${this.#place.file}.tmp`, `${this.#place.file}.txt`)
  }
}
