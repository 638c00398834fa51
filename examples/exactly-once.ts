// Numbers the readings of each sensor and writes them into files, each exactly once: kill a
// TaskManager meanwhile, and no number is missing or there twice.
//
//   millrace run examples/exactly-once.ts -p 2 -d -- --output /tmp/readings
//   kill -9 …                            # the process of a TaskManager, from `millrace status`
//   cat /tmp/readings/part-* | sort | uniq -d | wc -l                      # 0
//
// Each line is a sensor and a number: {"sensor":7,"number":1}. With --count N the files hold the
// numbers from 1 to N / 100 of each of a hundred sensors.

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
import { DataGenSource, FileSink, OnCheckpointRollingPolicy } from 'millrace/connectors'

const sensorCount = 100

interface Reading {
  readonly index: number
  readonly sensor: number
}

interface Numbered {
  readonly sensor: number
  readonly number: number
}

class Numbering extends KeyedProcessFunction<number, Reading, Numbered> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
  }

  override processElement(
    { sensor }: Reading,
    _context: KeyedProcessContext<number>,
    out: Collector<Numbered>,
  ): void {
    const number = (this.#count.value() ?? 0) + 1
    this.#count.update(number)
    out.collect({ sensor, number })
  }
}

export default defineJob('exactly-once', (env, args) => {
  const { count = '100000', rate = '10000', output = 'readings' } = args
  env.enableCheckpointing('1 s')
  const source = new DataGenSource((index): Reading => ({ index, sensor: index % sensorCount }), {
    count: Number(count),
    recordsPerSecond: Number(rate),
  })
  const files = FileSink.json<Numbered>(output, { rollingPolicy: new OnCheckpointRollingPolicy() })
  env
    .fromSource(source, { name: 'readings' })
    .keyBy((reading) => reading.sensor)
    .process(new Numbering(), { name: 'numbering' })
    .sinkTo(files, { name: 'files' })
})
