import { defineJob, type Sink, type SinkWriter } from 'millrace'
import { DataGenSource } from 'millrace/connectors'

/** Takes a hundred records, then never another one. */
class StuckSink implements Sink<unknown> {
  readonly kind = 'stuck'

  createWriter(): SinkWriter<unknown> {
    let taken = 0
    const never = new Promise<void>(() => {})
    return {
      write: () => {
        taken++
      },
      blocked: () => (taken < 100 ? undefined : never),
      flush: () => {},
      close: () => {},
    }
  }
}

export default defineJob('stuck-sink', (env) => {
  env
    .fromSource(new DataGenSource((index) => ({ index, text: `record ${index}` })), {
      name: 'records',
    })
    .keyBy((record) => record.index % 1000)
    .map((record) => record, { name: 'same' })
    .rebalance()
    .sinkTo(new StuckSink(), { name: 'stuck' })
})
