import {
  CollectSink,
  type DataStream,
  defineJob,
  type MapFunction,
  type RuntimeContext,
} from 'millrace'

/** Where a record was made, and where it went. */
export interface Routed {
  readonly value: number
  readonly origin: number
  readonly target: number
}

class AddOrigin implements MapFunction<number, Routed> {
  #origin = -1

  open(context: RuntimeContext): void {
    this.#origin = context.subtaskIndex
  }

  map(value: number): Routed {
    return { value, origin: this.#origin, target: -1 }
  }
}

class AddTarget implements MapFunction<Routed, Routed> {
  #target = -1

  open(context: RuntimeContext): void {
    this.#target = context.subtaskIndex
  }

  map(record: Routed): Routed {
    return { ...record, target: this.#target }
  }
}

const partitioned: Readonly<Record<string, (stream: DataStream<Routed>) => DataStream<Routed>>> = {
  rebalance: (stream) => stream.rebalance(),
  rescale: (stream) => stream.rescale(),
  shuffle: (stream) => stream.shuffle(),
  broadcast: (stream) => stream.broadcast(),
  global: (stream) => stream.global(),
  hash: (stream) => stream.keyBy((record) => record.value % 10),
  custom: (stream) =>
    stream.partitionCustom(
      (key: number, channelCount) => key % channelCount,
      (record) => record.value,
    ),
}

/** Sends numbers by every partitioner from `senders` to `receivers` subtasks. */
export default defineJob('partitioners', (env, args) => {
  const senders = Number(args['senders'])
  const receivers = Number(args['receivers'])
  const numbers = env
    .fromSequence(0, Number(args['count']) - 1, { parallelism: senders })
    .map(new AddOrigin(), { name: 'origin', parallelism: senders })
  for (const [kind, partition] of Object.entries(partitioned)) {
    partition(numbers)
      .map(new AddTarget(), { name: `target-${kind}`, parallelism: receivers })
      .sinkTo(new CollectSink(), { name: kind, parallelism: receivers })
  }
  numbers
    .forward()
    .map(new AddTarget(), { name: 'target-forward', parallelism: senders, chaining: 'head' })
    .sinkTo(new CollectSink(), { name: 'forward', parallelism: senders })
})
