import {
  type Collector,
  defineJob,
  type JobDefinition,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { CountingSink } from './counting-sink.ts'
import { jobOptions } from './job-options.ts'
import { SequenceSource } from './sequence-source.ts'

export class Event {
  readonly seq: number
  readonly ts: number

  constructor(seq: number, ts: number) {
    this.seq = seq
    this.ts = ts
  }
}

export interface KeyCount {
  readonly key: number
  readonly count: number
  readonly ts: number
}

export class CountFunction extends KeyedProcessFunction<number, Event, KeyCount> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
  }

  override processElement(
    event: Event,
    context: KeyedProcessContext<number>,
    out: Collector<KeyCount>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    out.collect({ key: context.getCurrentKey(), count, ts: event.ts })
  }
}

const prime = 1_000_003

/** Visits `keys` keys in an order that is kind to caches. */
export function inOrder(keys: number): (event: Event) => number {
  return (event) => (event.seq * prime) % keys
}

/** passthrough, shuffle, keyed-count and keyed-count-scattered, exactly as on the Flink side. */
export function eventJob(
  name: 'passthrough' | 'shuffle' | 'keyed-count' | 'keyed-count-scattered',
): JobDefinition {
  return defineJob(name, (env, args) => {
    const options = jobOptions(args)
    const { keys } = options
    const scattered = (event: Event): number => (Math.imul(event.seq, 0x9e3779b1) >>> 8) % keys
    const next = (event: Event): Event => new Event(event.seq + 1, event.ts)
    const source = new SequenceSource((seq, ts) => new Event(seq, ts), options)
    const events = env.fromSource(source, { name: 'source' })
    if (name === 'passthrough' || name === 'shuffle') {
      const stream = name === 'shuffle' ? events.keyBy(inOrder(keys)) : events
      stream
        .map(next, { name: 'map' })
        .sinkTo(new CountingSink<Event>({ ...options, dueMicrosOf: undefined }), { name: 'sink' })
      return
    }
    const dueMicrosOf = options.rate > 0 ? (record: KeyCount) => record.ts : undefined
    events
      .keyBy(name === 'keyed-count' ? inOrder(keys) : scattered)
      .process(new CountFunction(), { name: 'count' })
      .sinkTo(new CountingSink<KeyCount>({ ...options, dueMicrosOf }), { name: 'sink' })
  })
}
