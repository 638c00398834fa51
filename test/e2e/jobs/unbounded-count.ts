import { defineJob } from 'millrace'
import { DataGenSource, DiscardSink } from 'millrace/connectors'

/** Counts generated records by key without end. */
export default defineJob('unbounded-count', (env, args) => {
  env
    .fromSource(
      new DataGenSource((index) => ({ key: index % 100, count: 1 }), {
        recordsPerSecond: Number(args['rate'] ?? 10_000),
      }),
      { name: 'records' },
    )
    .keyBy((record) => record.key)
    .sum('count', { name: 'count' })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })
})
