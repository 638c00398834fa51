import { defineJob } from 'millrace'
import { FileSink } from 'millrace/connectors'

/**
 * Sums 0 … n − 1 by their remainder, and writes every running sum. With `--pauseMs` the first
 * record of each subtask's thousand waits, so that a test can act in the middle.
 */
export default defineJob('bounded-sum', (env, args) => {
  const count = Number(args['n'] ?? 100_000)
  const keys = Number(args['keys'] ?? 100)
  env
    .fromSequence(0, count - 1)
    .map((value) => ({ key: value % keys, sum: value }), { name: 'remainder' })
    .keyBy((record) => record.key)
    .reduce((left, right) => ({ key: left.key, sum: left.sum + right.sum }), { name: 'sum' })
    .map((record) => `${record.key} ${record.sum}`, { name: 'line' })
    .sinkTo(FileSink.lines(args['output'] ?? 'out'), { name: 'sums' })
})
