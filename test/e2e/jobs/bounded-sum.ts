import { defineJob } from 'millrace'
import { DataGenSource, FileSink } from 'millrace/connectors'

/**
 * Sums 0 … n − 1 by their remainder, and writes every running sum. With `--rate` it takes so many
 * a second, so that a test can act in the middle.
 */
export default defineJob('bounded-sum', (env, args) => {
  const count = Number(args['n'] ?? 100_000)
  const keys = Number(args['keys'] ?? 100)
  const rate = args['rate']
  const numbers =
    rate === undefined
      ? env.fromSequence(0, count - 1)
      : env.fromSource(
          new DataGenSource((index) => index, { count, recordsPerSecond: Number(rate) }),
          { name: 'numbers' },
        )
  numbers
    .map((value) => ({ key: value % keys, sum: value }), { name: 'remainder' })
    .keyBy((record) => record.key)
    .reduce((left, right) => ({ key: left.key, sum: left.sum + right.sum }), { name: 'sum' })
    .map((record) => `${record.key} ${record.sum}`, { name: 'line' })
    .sinkTo(FileSink.lines(args['output'] ?? 'out'), { name: 'sums' })
})
