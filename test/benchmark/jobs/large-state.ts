import {
  type Collector,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { CountingSink } from './counting-sink.ts'
import { Event, inOrder, type KeyCount } from './event-jobs.ts'
import { FailOnce } from './fail-once.ts'
import { jobOptions } from './job-options.ts'
import { PauseProbe } from './pause-probe.ts'
import { SequenceSource } from './sequence-source.ts'

interface Seen {
  readonly count: number
  readonly at: number
  readonly label: string
}

/** What is done to the state of a key for a record; returns how many there were. */
type Update<T> = (state: ValueState<T>, event: Event) => number

function updateNumber(state: ValueState<number>): number {
  const count = (state.value() ?? 0) + 1
  state.update(count)
  return count
}

function updateObject(state: ValueState<Seen>, event: Event): number {
  const count = (state.value()?.count ?? 0) + 1
  state.update({ count, at: event.seq, label: 'seen' })
  return count
}

class WatchedCount<T> extends KeyedProcessFunction<number, Event, KeyCount> {
  readonly #descriptor: ValueStateDescriptor<T>
  readonly #update: Update<T>
  readonly #options: { readonly out: string; readonly failAfterMs: number }
  #state!: ValueState<T>
  #pauses!: PauseProbe
  #failure!: FailOnce

  constructor(
    descriptor: ValueStateDescriptor<T>,
    update: Update<T>,
    options: { readonly out: string; readonly failAfterMs: number },
  ) {
    super()
    this.#descriptor = descriptor
    this.#update = update
    this.#options = options
  }

  override open(context: RuntimeContext): void {
    const { out, failAfterMs } = this.#options
    this.#state = context.getState(this.#descriptor)
    this.#pauses = new PauseProbe(out)
    this.#failure = new FailOnce(out, failAfterMs)
  }

  override processElement(
    event: Event,
    context: KeyedProcessContext<number>,
    out: Collector<KeyCount>,
  ): void {
    this.#failure.onRecord()
    this.#pauses.onRecord()
    const count = this.#update(this.#state, event)
    out.collect({ key: context.getCurrentKey(), count, ts: event.ts })
  }
}

/** Counts by key, as numbers or in objects (`--value object`), with an eye on the clock. */
export default defineJob('large-state', (env, args) => {
  const options = jobOptions(args)
  const dueMicrosOf = options.rate > 0 ? (record: KeyCount) => record.ts : undefined
  const counts =
    args['value'] === 'object'
      ? new WatchedCount(new ValueStateDescriptor<Seen>('seen'), updateObject, options)
      : new WatchedCount(new ValueStateDescriptor('count', types.float64), updateNumber, options)
  env
    .fromSource(new SequenceSource((seq, ts) => new Event(seq, ts), options), { name: 'source' })
    .keyBy(inOrder(options.keys))
    .process(counts, { name: 'count' })
    .sinkTo(new CountingSink<KeyCount>({ ...options, dueMicrosOf }), { name: 'sink' })
})
