import { existsSync, rmSync } from 'node:fs'
import {
  type Collector,
  defineJob,
  KeyedProcessFunction,
  type MapState,
  MapStateDescriptor,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource, FileSink } from 'millrace/connectors'

interface Numbered {
  readonly index: number
  readonly key: number
}

/** Numbers the records of each key, and of each of seven parts of it. */
class Count extends KeyedProcessFunction<number, Numbered, string> {
  #count!: ValueState<number>
  #countOfPart!: MapState<number, number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
    this.#countOfPart = context.getMapState(
      new MapStateDescriptor('count of part', types.float64, types.float64),
    )
  }

  override processElement({ index, key }: Numbered, _context: unknown, out: Collector<string>) {
    const part = index % 7
    const count = (this.#count.value() ?? 0) + 1
    const countOfPart = (this.#countOfPart.get(part) ?? 0) + 1
    this.#count.update(count)
    this.#countOfPart.put(part, countOfPart)
    out.collect(`${index} ${key} ${count} ${part} ${countOfPart}`)
  }
}

/**
 * Fails when the test asks for it by making a file, which is gone before the failure: once. `throw`
 * throws, `exit` ends the thread of the slot, `memory` takes more than the slot has.
 */
function failIfAsked(directory: string): void {
  for (const way of ['throw', 'exit', 'memory']) {
    const path = `${directory}/${way}`
    if (!existsSync(path)) continue
    rmSync(path, { force: true })
    if (way === 'throw') throw new Error('the test asked for it')
    if (way === 'exit') process.exit(1)
    const taken: unknown[] = []
    for (;;) taken.push(new Array(1_000_000).fill(taken))
  }
}

export default defineJob('keyed-totals', (env, args) => {
  const { output = 'out', trouble = 'trouble' } = args
  const keys = Number(args['keys'])
  let seen = 0
  env
    .fromSource(
      new DataGenSource((index) => index, {
        count: Number(args['n']),
        recordsPerSecond: Number(args['rate']),
        ...(args['splits'] === undefined ? {} : { splitCount: Number(args['splits']) }),
      }),
      { name: 'numbers' },
    )
    .map(
      (index): Numbered => {
        if (++seen % 64 === 0) failIfAsked(trouble)
        return { index, key: (index * 31) % keys }
      },
      { name: 'trouble' },
    )
    .keyBy((record) => record.key)
    .process(new Count(), { name: 'count' })
    .sinkTo(FileSink.lines(output), { name: 'lines' })
})
