import { CollectSink, defineJob } from 'millrace'
import { DataGenSource } from 'millrace/connectors'

interface Entry {
  readonly key: number
  sum: number
}

/**
 * Running sums of numbers by their remainder, at a bounded pace. `fault`: 'throw' fails at number
 * 50, 'mutate' changes a record that it has emitted before.
 */
export default defineJob('paced-sum', (env, args) => {
  const { fault } = args
  const options = { count: Number(args['count'] ?? 100), recordsPerSecond: 1000 }
  env.setRestartStrategy(
    fault === undefined ? { type: 'fixed-delay', attempts: 10, delay: '1 ms' } : { type: 'none' },
  )
  let last: Entry | undefined
  env
    .fromSource(new DataGenSource((index) => index, options), { name: 'numbers' })
    .map(
      (value): Entry => {
        if (fault === 'throw' && value === 50) throw new Error('number 50 is not wanted')
        if (fault === 'mutate' && last !== undefined) last.sum++
        last = { key: value % 10, sum: value }
        return last
      },
      { name: 'to-entry' },
    )
    .keyBy((entry) => entry.key)
    .reduce((left, right) => ({ key: left.key, sum: left.sum + right.sum }), { name: 'sum' })
    .sinkTo(new CollectSink(), { name: 'sums' })
})
