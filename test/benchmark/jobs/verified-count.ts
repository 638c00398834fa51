import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Collector,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { CountingSink } from './counting-sink.ts'
import { Event, inOrder, type KeyCount } from './event-jobs.ts'
import { FailOnce } from './fail-once.ts'
import { type BenchmarkJobOptions, jobOptions } from './job-options.ts'
import { nowMicros } from './probe.ts'
import { SequenceSource } from './sequence-source.ts'

interface Seen {
  readonly count: number
  readonly at: number
  readonly label: string
}

interface VerifiedCountOptions extends BenchmarkJobOptions {
  /** How long each record keeps its subtask busy, in microseconds. */
  readonly busyMicros: number
  /** A count below this is wrong too: it began with state that had more. */
  readonly leastCount: number
}

const wrongCountMax = 10

/**
 * Counts by key, in objects. Event `seq` is the one numbered ⌊seq / keys⌋ of its key: where the
 * count says anything else a record was lost or counted twice, and `wrong-<nonce>.txt` says so.
 */
class VerifiedCount extends KeyedProcessFunction<number, Event, KeyCount> {
  readonly #options: VerifiedCountOptions
  #seen!: ValueState<Seen>
  #failure!: FailOnce
  #wrongFile = ''
  #wrongCount = 0

  constructor(options: VerifiedCountOptions) {
    super()
    this.#options = options
  }

  override open(context: RuntimeContext): void {
    const { out, failAfterMs } = this.#options
    this.#seen = context.getState(new ValueStateDescriptor<Seen>('seen'))
    this.#failure = new FailOnce(out, failAfterMs)
    const nonce = `${process.pid}-${Math.trunc(nowMicros() % 1e12)}`
    this.#wrongFile = join(out, `wrong-${context.subtaskIndex}-${nonce}.txt`)
  }

  override processElement(
    { seq, ts }: Event,
    context: KeyedProcessContext<number>,
    out: Collector<KeyCount>,
  ): void {
    const { busyMicros, keys, leastCount } = this.#options
    this.#failure.onRecord()
    if (busyMicros > 0) beBusy(busyMicros)
    const count = (this.#seen.value()?.count ?? 0) + 1
    this.#seen.update({ count, at: seq, label: 'seen' })
    const key = context.getCurrentKey()
    if (count !== Math.floor(seq / keys) + 1 || count < leastCount) {
      this.#tellWrong(`${key} ${seq} ${count}\n`)
    }
    out.collect({ key, count, ts })
  }

  #tellWrong(line: string): void {
    if (++this.#wrongCount <= wrongCountMax) appendFileSync(this.#wrongFile, line)
  }
}

function beBusy(micros: number): void {
  const untilMs = performance.now() + micros / 1000
  while (performance.now() < untilMs);
}

export default defineJob('verified-count', (env, args) => {
  const options = {
    ...jobOptions(args),
    busyMicros: Number(args['busyMicros'] ?? 0),
    leastCount: Number(args['leastCount'] ?? 1),
  }
  const dueMicrosOf = options.rate > 0 ? (record: KeyCount) => record.ts : undefined
  env
    .fromSource(new SequenceSource((seq, ts) => new Event(seq, ts), options), { name: 'source' })
    .keyBy(inOrder(options.keys))
    .process(new VerifiedCount(options), { name: 'count' })
    .sinkTo(new CountingSink<KeyCount>({ ...options, dueMicrosOf }), { name: 'sink' })
})
