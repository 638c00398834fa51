import { writeFileSync } from 'node:fs'
import { defineJob } from 'millrace'
import { DiscardSink } from 'millrace/connectors'

/** A map that never returns; it makes the file `--marker` once it is there. */
export default defineJob('endless-loop', (env, args) => {
  env
    .fromElements(1)
    .map((value) => {
      writeFileSync(args['marker'] ?? 'loops', '')
      for (let i = 0; i >= 0; i = (i + 1) % 1000) value = i
      return value
    })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })
})
