import { defineJob, types } from 'millrace'
import { DiscardSink } from 'millrace/connectors'

function* numbersBelow(count: number): Generator<number> {
  for (let value = 0; value < count; value++) yield value
}

/** One record that becomes `n`, over a shuffle. */
export default defineJob('explode', (env, args) => {
  env
    .fromElements(Number(args['n'] ?? 1000))
    .flatMap(numbersBelow, { name: 'explode' })
    .returns(types.float64)
    .keyBy((value) => value % 1000)
    .map((value) => value + 1, { name: 'next' })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })
})
