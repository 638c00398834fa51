import { CollectSink, defineJob, types } from 'millrace'
import { DataGenSource, FileSource } from 'millrace/connectors'

/** A stream of whatever it is of. */
interface Collectable {
  sinkTo(sink: CollectSink, options: { readonly name: string }): unknown
}

/** Every source that ends, each with a collect sink of its own. */
export default defineJob('bounded-sources', (env, args) => {
  const folder = args['folder'] ?? ''
  const options = { splitSizeBytes: Number(args['splitSizeBytes']) }
  const person = types.object({ name: types.string, age: types.int32 })
  function* generated(): Generator<number> {
    for (let value = 0; value < 50; value++) yield value * value
  }
  const sources: Readonly<Record<string, Collectable>> = {
    elements: env.fromElements<unknown>('a', 2, { b: [true, null] }),
    collection: env.fromCollection(generated()),
    sequence: env.fromSequence(-5, 500),
    'one-file': env.fromSource(FileSource.lines(`${folder}/big.txt`, options), { name: 'lines' }),
    'a-folder': env.fromSource(FileSource.lines(`${folder}/logs`), { name: 'logs' }),
    'a-glob': env.fromSource(FileSource.lines(`${folder}/logs/**/*.log`), { name: 'globbed' }),
    'several-paths': env.fromSource(
      FileSource.lines([`${folder}/logs/a.log`, `${folder}/logs/deep/*.txt`]),
      { name: 'listed' },
    ),
    json: env.fromSource(
      FileSource.json(`${folder}/people.json`, person, { splitSizeBytes: 100 }),
      {
        name: 'people',
      },
    ),
    generated: env.fromSource(new DataGenSource((index) => ({ id: index }), { count: 300 }), {
      name: 'datagen',
    }),
    paced: env.fromSource(
      new DataGenSource((index) => index, { count: 60, recordsPerSecond: 100 }),
      { name: 'paced-datagen' },
    ),
  }
  for (const [name, stream] of Object.entries(sources)) {
    stream.sinkTo(new CollectSink(), { name })
  }
})
