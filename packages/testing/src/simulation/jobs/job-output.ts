import type { Simulation } from '../world/simulation.ts'
import type { LeaseOrigins } from './lease-origins.ts'

/** One attempt of a sink's subtask. */
export interface OutputPlace {
  readonly sinkName: string
  readonly subtaskIndex: number
  /** Of the JobManager that deployed it: each numbers attempts anew. */
  readonly origin: number
  readonly attemptNumber: number
}

/** Records that become visible together, or never. */
interface Transaction {
  readonly id: string
  readonly place: OutputPlace
  readonly records: readonly unknown[]
  readonly isLast: boolean
  state: 'prepared' | 'committed' | 'aborted'
}

export interface OutputOptions {
  readonly jobName: string
  /** The job takes checkpoints. */
  readonly isCheckpointed: boolean
  /** Whether a completed checkpoint holds the transaction of this id. */
  readonly isInCheckpoint: (transactionId: string) => boolean
}

// Invariants
//  - A transaction is committed only once a checkpoint is complete that holds it.
//  - What was aborted is not committed: nobody aborts what a checkpoint may still bring back.
//  - Without checkpoints an attempt starts its output over: what earlier ones put out is void.

/** The output of one job, outside of the cluster: transactions, and records put out at once. */
export class JobOutput {
  readonly #simulation: Simulation
  readonly #origins: LeaseOrigins
  readonly #options: OutputOptions
  readonly #transactions = new Map<string, Transaction>()
  /** Whose output counts; only without checkpoints. */
  readonly #latest = new Map<string, OutputPlace>()
  readonly #plain = new Map<string, { readonly records: unknown[]; isComplete: boolean }>()

  constructor(simulation: Simulation, origins: LeaseOrigins, options: OutputOptions) {
    this.#simulation = simulation
    this.#origins = origins
    this.#options = options
  }

  /** Records of a sink, subtask by subtask; undefined where a part did not come to its end. */
  recordsOf(sinkName: string, parallelism: number): readonly unknown[] | undefined {
    const records: unknown[] = []
    for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
      const key = `${sinkName} ${subtaskIndex}`
      const plain = this.#plain.get(key)
      const visible = this.#visible(key)
      if (plain?.isComplete !== true && !visible.some(({ isLast }) => isLast)) return undefined
      records.push(...(plain?.records ?? []), ...visible.flatMap((each) => each.records))
    }
    return records
  }

  /** What is visible of a sink so far, in no order. */
  visibleOf(sinkName: string): readonly unknown[] {
    const transactions = [...this.#transactions.values()].filter(
      ({ place, state }) => place.sinkName === sinkName && state === 'committed',
    )
    const plain = [...this.#plain].filter(([key]) => key.startsWith(`${sinkName} `))
    return [
      ...transactions.flatMap(({ records }) => records),
      ...plain.flatMap(([, { records }]) => records),
    ]
  }

  /** Who runs now; an attempt that starts over takes the place of those before. */
  begin(sinkName: string, subtaskIndex: number, attemptNumber: number): OutputPlace {
    const origin = this.#origins.of(this.#simulation.current)
    const place = { sinkName, subtaskIndex, origin, attemptNumber }
    const key = keyOf(place)
    const known = this.#latest.get(key)
    if (known === undefined || !isOlder(place, known)) this.#latest.set(key, place)
    return place
  }

  /**
   * What earlier attempts prepared is never committed any more: whatever a checkpoint held of it is
   * committed by now.
   */
  abortEarlier(place: OutputPlace): void {
    if (!this.canWrite) return
    for (const transaction of this.#transactions.values()) {
      if (transaction.state !== 'prepared' || keyOf(transaction.place) !== keyOf(place)) continue
      if (isOlder(transaction.place, place)) transaction.state = 'aborted'
    }
  }

  /** Returns the id of the transaction: all that is needed to commit it. */
  prepare(place: OutputPlace, records: readonly unknown[], isLast: boolean): string {
    const id = `tx:${this.#options.jobName}:${this.#transactions.size};`
    if (!this.canWrite) return id
    this.#transactions.set(id, { id, place, records, isLast, state: 'prepared' })
    return id
  }

  /** Committing twice does what committing once does. */
  commit(id: string): void {
    if (!this.canWrite) return
    const transaction = this.#transactions.get(id)
    if (transaction === undefined) {
      this.#simulation.violate('prepared-before-committed', `${id} was never prepared`)
      return
    }
    if (transaction.state === 'committed') return
    const { isCheckpointed, isInCheckpoint } = this.#options
    if (isCheckpointed && !isInCheckpoint(id)) {
      const message = `${id} was committed, and no completed checkpoint holds it`
      this.#simulation.violate('committed-after-checkpoint', message)
    }
    if (transaction.state === 'aborted') {
      this.#simulation.violate('aborted-is-not-committed', `${id} was committed after its abort`)
    }
    transaction.state = 'committed'
  }

  /** Visible at once, and again when it comes again. */
  put({ sinkName, subtaskIndex }: OutputPlace, record: unknown): void {
    if (this.canWrite) this.#plainPart(`${sinkName} ${subtaskIndex}`).records.push(record)
  }

  completePlain({ sinkName, subtaskIndex }: OutputPlace): void {
    if (this.canWrite) this.#plainPart(`${sinkName} ${subtaskIndex}`).isComplete = true
  }

  /** Code of a thread that is dead or blocks reaches nobody. */
  get canWrite(): boolean {
    return this.#simulation.current.isRunning
  }

  #visible(key: string): readonly Transaction[] {
    const latest = this.#options.isCheckpointed ? undefined : this.#latest.get(key)
    return [...this.#transactions.values()].filter(({ place, state }) => {
      if (keyOf(place) !== key || state !== 'committed') return false
      return latest === undefined || !isOlder(place, latest)
    })
  }

  #plainPart(key: string): { readonly records: unknown[]; isComplete: boolean } {
    const known = this.#plain.get(key)
    if (known !== undefined) return known
    const part = { records: [], isComplete: false }
    this.#plain.set(key, part)
    return part
  }
}

function keyOf({ sinkName, subtaskIndex }: OutputPlace): string {
  return `${sinkName} ${subtaskIndex}`
}

function isOlder(place: OutputPlace, other: OutputPlace): boolean {
  if (place.origin !== other.origin) return place.origin < other.origin
  return place.attemptNumber < other.attemptNumber
}
