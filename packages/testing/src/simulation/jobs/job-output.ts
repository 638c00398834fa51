import type { Sink, SinkWriter, SinkWriterContext } from '@millrace/api'
import type { Simulation } from '../world/simulation.ts'
import type { LeaseOrigins } from './lease-origins.ts'

/** What one subtask of a sink wrote in its newest attempt. */
interface OutputPart {
  /** Of the JobManager that deployed it. */
  readonly origin: number
  readonly attemptNumber: number
  readonly records: unknown[]
  isComplete: boolean
}

/** Output of one job, outside of the cluster: each attempt of a sink's subtask starts it over. */
export class JobOutput {
  readonly #simulation: Simulation
  readonly #origins: LeaseOrigins
  readonly #parts = new Map<string, OutputPart>()

  constructor(simulation: Simulation, origins: LeaseOrigins) {
    this.#simulation = simulation
    this.#origins = origins
  }

  /** Records of a sink, subtask by subtask; undefined where a part did not come to its end. */
  recordsOf(sinkName: string, parallelism: number): readonly unknown[] | undefined {
    const records: unknown[] = []
    for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
      const part = this.#parts.get(`${sinkName} ${subtaskIndex}`)
      if (part?.isComplete !== true) return undefined
      records.push(...part.records)
    }
    return records
  }

  /** An attempt begins to write. One that is older than what is there writes into the void. */
  begin(sinkName: string, subtaskIndex: number, attemptNumber: number): OutputPart {
    const key = `${sinkName} ${subtaskIndex}`
    const known = this.#parts.get(key)
    const origin = this.#origins.of(this.#simulation.current)
    const part: OutputPart = { origin, attemptNumber, records: [], isComplete: false }
    if (known === undefined || isOlder(known, part)) this.#parts.set(key, part)
    return part
  }

  /** Code of a thread that is dead or blocks reaches nobody. */
  get canWrite(): boolean {
    return this.#simulation.current.isRunning
  }
}

function isOlder(known: OutputPart, part: OutputPart): boolean {
  if (known.origin !== part.origin) return known.origin < part.origin
  return known.attemptNumber <= part.attemptNumber
}

/** Writes into a JobOutput; now and then it takes nothing for a while. */
export class OutputSink<T> implements Sink<T> {
  readonly kind = 'output'
  readonly #output: JobOutput
  readonly #name: string
  readonly #pause: { readonly everyRecords: number; readonly ms: number }

  constructor(
    output: JobOutput,
    name: string,
    pause: { readonly everyRecords: number; readonly ms: number },
  ) {
    this.#output = output
    this.#name = name
    this.#pause = pause
  }

  createWriter(context: SinkWriterContext): SinkWriter<T> {
    const { subtaskIndex, attemptNumber, clock } = context
    const output = this.#output
    const { everyRecords, ms } = this.#pause
    const part = output.begin(this.#name, subtaskIndex, attemptNumber)
    let blocked: Promise<void> | undefined
    return {
      write: (record) => {
        if (!output.canWrite) return
        part.records.push(record)
        if (everyRecords === 0 || part.records.length % everyRecords !== 0) return
        blocked = new Promise((resolve) => {
          clock.setTimer(ms, () => {
            blocked = undefined
            resolve()
          })
        })
      },
      blocked: () => blocked,
      flush: (isEndOfInput) => {
        if (isEndOfInput && output.canWrite) part.isComplete = true
      },
      close: () => {},
    }
  }
}
