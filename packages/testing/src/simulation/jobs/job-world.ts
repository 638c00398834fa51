import type { RichFunction, RuntimeContext, ValueState } from '@millrace/api'
import type { TimerPlant } from '../cluster/plant.ts'
import type { ThreadEnd } from '../edge/simulated-thread-host.ts'
import type { JobOutput } from './job-output.ts'
import type { Account } from './keyed-ledger.ts'

/** What code of a simulated job reaches outside of the engine. */
export interface JobWorld {
  readonly output: JobOutput
  /** Ends the thread that runs, or lets it loop for ever. */
  endCurrentThread(end: ThreadEnd | 'blocked'): never
  /** A plant between the engine and a function's timers. */
  readonly timers: TimerPlant | undefined
  /** A plant between a function and its state. */
  readonly valueState: (<T extends Account>(state: ValueState<T>) => ValueState<T>) | undefined
}

/** Where the code of a job does something bad. */
export interface Strike {
  readonly subtaskIndex: number
  /** Counted from 1 in each attempt. */
  readonly atRecord: number
  /** In the first so many attempts. */
  readonly attemptCount: number
  readonly act: 'throw' | 'blocked' | ThreadEnd
}

/** A map function that strikes. */
export class StrikingMap<In, Out> implements RichFunction {
  readonly #world: JobWorld
  readonly #strike: Strike | undefined
  readonly #function: (value: In) => Out
  #isArmed = false
  #count = 0

  constructor(world: JobWorld, strike: Strike | undefined, mapper: (value: In) => Out) {
    this.#world = world
    this.#strike = strike
    this.#function = mapper
  }

  open({ subtaskIndex, parallelism, attemptNumber }: RuntimeContext): void {
    const strike = this.#strike
    if (strike === undefined) return
    const isMine = strike.subtaskIndex % parallelism === subtaskIndex
    this.#isArmed = isMine && attemptNumber < strike.attemptCount
  }

  map(value: In): Out {
    this.#count++
    if (this.#isArmed && this.#count === this.#strike?.atRecord) this.#act(this.#strike.act)
    return this.#function(value)
  }

  #act(act: Strike['act']): never {
    if (act === 'throw') throw new Error('a simulated bug of the job')
    return this.#world.endCurrentThread(act)
  }
}
