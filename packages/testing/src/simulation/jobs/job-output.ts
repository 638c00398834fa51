import type { Committer, Sink, SinkWriter, SinkWriterContext } from '@millrace/api'
import type { Simulation } from '../world/simulation.ts'
import type { LeaseOrigins } from './lease-origins.ts'

/** Records that are put out together, once, however often that is asked for. */
export interface OutputBatch {
  /** Of all batches of the subtask. */
  readonly id: string
  readonly records: readonly unknown[]
  readonly isLast: boolean
}

/** What one subtask of a sink has put out, from when it began with nothing. */
interface OutputPart {
  /** Of the JobManager that deployed it. */
  readonly origin: number
  readonly attemptNumber: number
  readonly records: unknown[]
  readonly batches: Set<string>
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

  /**
   * An attempt begins with nothing: what earlier ones have put out is void. One that is older than
   * what is there writes into the void itself.
   */
  begin(sinkName: string, subtaskIndex: number, attemptNumber: number): OutputPart {
    const key = `${sinkName} ${subtaskIndex}`
    const known = this.#parts.get(key)
    const part = this.#newPart(attemptNumber)
    if (known === undefined || isOlder(known, part)) this.#parts.set(key, part)
    return part
  }

  /** An attempt that begins with a checkpoint goes on with what is there. */
  resume(sinkName: string, subtaskIndex: number): OutputPart {
    const key = `${sinkName} ${subtaskIndex}`
    const known = this.#parts.get(key) ?? this.#newPart(0)
    this.#parts.set(key, known)
    return known
  }

  /** Names the JobManager that deployed who runs now. */
  get origin(): number {
    return this.#origins.of(this.#simulation.current)
  }

  put(part: OutputPart, { id, records, isLast }: OutputBatch): void {
    if (!this.canWrite || part.batches.has(id)) return
    part.batches.add(id)
    part.records.push(...records)
    if (isLast) part.isComplete = true
  }

  #newPart(attemptNumber: number): OutputPart {
    const { origin } = this
    return { origin, attemptNumber, records: [], batches: new Set(), isComplete: false }
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

/** Commits to a JobOutput; now and then it takes nothing for a while. */
export class OutputSink<T> implements Sink<T, OutputBatch> {
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

  createWriter(context: SinkWriterContext): SinkWriter<T, OutputBatch> {
    const { attemptNumber, clock } = context
    const { everyRecords, ms } = this.#pause
    const name = `${this.#output.origin}/${attemptNumber}`
    let records: unknown[] = []
    let recordCount = 0
    let batchCount = 0
    let isLast = false
    let blocked: Promise<void> | undefined
    return {
      write: (record) => {
        records.push(record)
        recordCount += 1
        if (everyRecords === 0 || recordCount % everyRecords !== 0) return
        blocked = new Promise((resolve) => {
          clock.setTimer(ms, () => {
            blocked = undefined
            resolve()
          })
        })
      },
      blocked: () => blocked,
      flush: (isEndOfInput) => {
        isLast ||= isEndOfInput
      },
      prepareCommit: () => {
        if (records.length === 0 && !isLast) return []
        const batch = { id: `${name}/${batchCount++}`, records, isLast }
        records = []
        return [batch]
      },
      close: () => {},
    }
  }

  createCommitter(context: SinkWriterContext): Committer<OutputBatch> {
    const { subtaskIndex, attemptNumber, restoredCheckpointId } = context
    const part =
      restoredCheckpointId === undefined
        ? this.#output.begin(this.#name, subtaskIndex, attemptNumber)
        : this.#output.resume(this.#name, subtaskIndex)
    return {
      commit: async (batches) => {
        for (const batch of batches) this.#output.put(part, batch)
      },
      close: () => {},
    }
  }
}
