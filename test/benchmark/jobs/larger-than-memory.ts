import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashKey, keyGroupCount, keyGroupOf } from '@millrace/core'
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
/** Keys that are put in the order of their key groups at a time, with `--order sorted`. */
const batchSize = 2_000_000

/** 100 bytes that do not compress much, other ones for each key. */
function textOf(key: number): string {
  let word = key + 1
  let text = `${key}:`
  while (text.length < 100) {
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d) + 0x297a2d39
    text += word >>> 2
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
 * Writes `--keys` keys, then reads each of them in the same order; see ../larger-than-memory.ts.
 * With `--order sorted` they come in batches, each in the order in which the local database lies.
 */
export default defineJob('larger-than-memory', (env, args) => {
  const keys = Number(args['keys'] ?? 1_000_000)
  const out = args['out'] ?? 'larger-than-memory'
  const order = args['order'] === 'sorted' ? new SortedBatches(keys) : undefined
  const sequence = new SequenceSource((seq, ts) => new Event(seq, ts), {
    ...{ out: join(out, 'source'), probeMs: 1000, rate: 0, burst: 0, limit: 2 * keys },
  })
  // Both records of a key come of one reader, the one to read behind the one to write.
  const keyOf = ({ seq }: Event): number => order?.keyAt(seq % keys) ?? seq % keys
  env
    .fromSource(sequence, { name: 'source' })
    .keyBy(keyOf)
    .process(new WriteThenVerify(keys, out), { name: 'keys' })
    .sinkTo(
      FileSink.lines(join(out, 'verified'), { rollingPolicy: new OnCheckpointRollingPolicy() }),
      { name: 'verified' },
    )
})

class SortedBatches {
  readonly #keys: number
  #batch = -1
  #order: Uint32Array = new Uint32Array()

  constructor(keys: number) {
    this.#keys = keys
  }

  keyAt(index: number): number {
    const batch = Math.floor(index / batchSize)
    if (batch !== this.#batch) {
      this.#batch = batch
      this.#order = byKeyGroup(batch * batchSize, Math.min((batch + 1) * batchSize, this.#keys))
    }
    return this.#order[index - batch * batchSize] as number
  }
}

/** The keys from `start` up to, without, `end`. */
function byKeyGroup(start: number, end: number): Uint32Array {
  const next = new Uint32Array(keyGroupCount + 1)
  for (let key = start; key < end; key++) {
    const group = keyGroupOf(hashKey(key)) + 1
    next[group] = (next[group] as number) + 1
  }
  for (let group = 1; group <= keyGroupCount; group++) {
    next[group] = (next[group] as number) + (next[group - 1] as number)
  }
  const order = new Uint32Array(end - start)
  for (let key = start; key < end; key++) {
    const group = keyGroupOf(hashKey(key))
    const at = next[group] as number
    order[at] = key
    next[group] = at + 1
  }
  return order
}
