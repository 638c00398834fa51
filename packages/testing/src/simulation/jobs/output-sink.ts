import type { Committer, Sink, SinkWriter, SinkWriterContext } from '@millrace/api'
import type { JobOutput } from './job-output.ts'

/** Now and then a sink takes nothing for a while. */
export interface SinkPause {
  readonly everyRecords: number
  readonly ms: number
}

/** Two-phase: prepares transactions of a JobOutput, and commits them. Committables are their ids. */
export class OutputSink<T> implements Sink<T, string> {
  readonly kind = 'output'
  readonly #output: JobOutput
  readonly #name: string
  readonly #pause: SinkPause

  constructor(output: JobOutput, name: string, pause: SinkPause) {
    this.#output = output
    this.#name = name
    this.#pause = pause
  }

  createWriter(context: SinkWriterContext): SinkWriter<T, string> {
    const place = this.#output.begin(this.#name, context.subtaskIndex, context.attemptNumber)
    this.#output.abortEarlier(place)
    const pacing = new Pacing(context, this.#pause)
    let records: unknown[] = []
    let isLast = false
    return {
      write: (record) => {
        records.push(record)
        pacing.onRecord()
      },
      blocked: () => pacing.blocked,
      flush: (isEndOfInput) => {
        isLast ||= isEndOfInput
      },
      prepareCommit: () => {
        if (records.length === 0 && !isLast) return []
        const id = this.#output.prepare(place, records, isLast)
        records = []
        return [id]
      },
      close: () => {},
    }
  }

  createCommitter(): Committer<string> {
    return {
      commit: async (ids) => {
        for (const id of ids) this.#output.commit(id)
      },
      close: () => {},
    }
  }
}

/** Puts each record out at once: it repeats what comes again after a recovery. */
export class PlainSink<T> implements Sink<T> {
  readonly kind = 'plain-output'
  readonly #output: JobOutput
  readonly #name: string
  readonly #pause: SinkPause

  constructor(output: JobOutput, name: string, pause: SinkPause) {
    this.#output = output
    this.#name = name
    this.#pause = pause
  }

  createWriter(context: SinkWriterContext): SinkWriter<T> {
    const output = this.#output
    const place = output.begin(this.#name, context.subtaskIndex, context.attemptNumber)
    const pacing = new Pacing(context, this.#pause)
    return {
      write: (record) => {
        output.put(place, record)
        pacing.onRecord()
      },
      blocked: () => pacing.blocked,
      flush: (isEndOfInput) => {
        if (isEndOfInput) output.completePlain(place)
      },
      close: () => {},
    }
  }
}

class Pacing {
  blocked: Promise<void> | undefined
  readonly #clock: SinkWriterContext['clock']
  readonly #pause: SinkPause
  #recordCount = 0

  constructor({ clock }: SinkWriterContext, pause: SinkPause) {
    this.#clock = clock
    this.#pause = pause
  }

  onRecord(): void {
    const { everyRecords, ms } = this.#pause
    this.#recordCount += 1
    if (everyRecords === 0 || this.#recordCount % everyRecords !== 0) return
    this.blocked = new Promise((resolve) => {
      this.#clock.setTimer(ms, () => {
        this.blocked = undefined
        resolve()
      })
    })
  }
}
