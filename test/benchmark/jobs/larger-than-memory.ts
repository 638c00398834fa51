import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
import { FileSink, OnCheckpointRollingPolicy } from 'millrace/connectors'
import { Event } from './event-jobs.ts'
import { SequenceSource } from './sequence-source.ts'

const progressEvery = 20_000
/** Has no divisor in common with any number of keys that is asked for. */
const prime = 1_000_003

/** 100 bytes that do not compress much, other ones for each key. */
function textOf(key: number): string {
  let word = key + 1
  let text = `${key}:`
  while (text.length < 100) {
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d) + 0x297a2d39
    text += (word >>> 0).toString(36)
  }
  return text.slice(0, 100)
}

/**
 * The first `keys` records write the value of their key; each of the others reads that of its own,
 * fails the job where it is not what was written, and emits the key.
 */
class WriteThenVerify extends KeyedProcessFunction<number, Event, string> {
  readonly #keys: number
  readonly #out: string
  #value!: ValueState<string>
  #progress = ''
  #count = 0

  constructor(keys: number, out: string) {
    super()
    this.#keys = keys
    this.#out = out
  }

  override open(context: RuntimeContext): void {
    this.#value = context.getState(new ValueStateDescriptor('value', types.string))
    mkdirSync(this.#out, { recursive: true })
    this.#progress = join(this.#out, `progress-${context.subtaskIndex}`)
  }

  override processElement(
    { seq }: Event,
    context: KeyedProcessContext<number>,
    out: Collector<string>,
  ): void {
    if (++this.#count % progressEvery === 0) writeFileSync(this.#progress, String(seq))
    const key = context.getCurrentKey()
    if (seq < this.#keys) {
      this.#value.update(textOf(key))
      return
    }
    const found = this.#value.value()
    if (found !== textOf(key)) throw new Error(`Key ${key} has the value ${found}`)
    out.collect(String(key))
  }
}

/**
 * Writes `--keys` keys, then reads each of them; see ../larger-than-memory.ts. `--order random`:
 * they are read in another order than they were written in.
 */
export default defineJob('larger-than-memory', (env, args) => {
  const keys = Number(args['keys'] ?? 1_000_000)
  const out = args['out'] ?? 'larger-than-memory'
  const isScattered = args['order'] === 'random'
  const sequence = new SequenceSource((seq, ts) => new Event(seq, ts), {
    ...{ out: join(out, 'source'), probeMs: 1000, rate: 0, burst: 0, limit: 2 * keys },
  })
  // Both records of a key come of one reader, the one to read behind the one to write.
  const keyOf = ({ seq }: Event): number =>
    seq >= keys && isScattered ? scattered(seq - keys, keys) : seq % keys
  env
    .fromSource(sequence, { name: 'source' })
    .keyBy(keyOf)
    .process(new WriteThenVerify(keys, out), { name: 'keys' })
    .sinkTo(
      FileSink.lines(join(out, 'verified'), { rollingPolicy: new OnCheckpointRollingPolicy() }),
      { name: 'verified' },
    )
})

function scattered(index: number, keys: number): number {
  return (index * prime) % keys
}
