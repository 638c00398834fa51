import { defineJob } from 'millrace'
import { DiscardSink, FileSink, PrintSink } from 'millrace/connectors'

/** The sinks whose output is outside of the cluster. */
export default defineJob('sinks', (env, args) => {
  const folder = args['folder'] ?? ''
  const numbers = env.fromSequence(1, 300).rebalance()
  const records = numbers.map((id) => ({ id, text: `line ${id}\u2028é` }), { name: 'to-record' })
  records.sinkTo(FileSink.json(`${folder}/json`), { name: 'json-files' })
  records
    .map((record) => record.text, { name: 'to-text' })
    .sinkTo(FileSink.lines(`${folder}/lines`), { name: 'text-files' })
  records.filter((record) => record.id <= 20).print({ name: 'printed' })
  records
    .filter((record) => record.id > 295)
    .map((record) => record.id)
    .sinkTo(new PrintSink({ prefix: 'late' }), { name: 'prefixed' })
  records.sinkTo(new DiscardSink(), { name: 'discarded' })
})
