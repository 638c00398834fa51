// Runs until it is canceled: counts generated readings of a hundred sensors.
//
//   millrace run examples/rate.ts -d
//   millrace run examples/rate.ts -p 2 -- --rate 20000 --output /tmp/rate
//
// Kill a TaskManager meanwhile and watch another one take over.

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
import { DataGenSource, FileSink } from 'millrace/connectors'

const sensorCount = 100
const reportEvery = 1000

interface Reading {
  readonly sensor: number
  readonly value: number
}

interface Report {
  readonly sensor: number
  readonly readings: number
  readonly mean: number
}

class Mean extends KeyedProcessFunction<number, Reading, Report> {
  #count!: ValueState<number>
  #sum!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
    this.#sum = context.getState(new ValueStateDescriptor('sum', types.float64))
  }

  override processElement(
    reading: Reading,
    context: KeyedProcessContext<number>,
    out: Collector<Report>,
  ): void {
    const readings = (this.#count.value() ?? 0) + 1
    const sum = (this.#sum.value() ?? 0) + reading.value
    this.#count.update(readings)
    this.#sum.update(sum)
    if (readings % reportEvery > 0) return
    out.collect({ sensor: context.getCurrentKey(), readings, mean: sum / readings })
  }
}

function readingOf(index: number): Reading {
  return { sensor: index % sensorCount, value: Math.sin(index) }
}

export default defineJob('rate', (env, args) => {
  const { rate = '10000', output } = args
  const reports = env
    .fromSource(new DataGenSource(readingOf, { recordsPerSecond: Number(rate) }), {
      name: 'readings',
    })
    .keyBy((reading) => reading.sensor)
    .process(new Mean(), { name: 'mean' })
  if (output === undefined) reports.print()
  else reports.sinkTo(FileSink.json(output), { name: 'reports' })
})
