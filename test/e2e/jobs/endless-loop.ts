import { defineJob } from 'millrace'
import { DiscardSink } from 'millrace/connectors'

/** A map that never returns. */
export default defineJob('endless-loop', (env) => {
  env
    .fromElements(1)
    .map((value) => {
      for (let i = 0; i >= 0; i = (i + 1) % 1000) value = i
      return value
    })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })
})
