// Counts the words of text files.
//
//   millrace run examples/word-count.ts -- --input README.md
//   millrace run examples/word-count.ts -p 4 -- --input 'docs/**/*.md' --output /tmp/counts
//
// A count is emitted each time it goes up: the last one of a word is the result.

import { defineJob, types } from 'millrace'
import { FileSink, FileSource } from 'millrace/connectors'

export default defineJob('word-count', (env, args) => {
  const { input = 'README.md', output } = args
  const counts = env
    .fromSource(FileSource.lines(input), { name: 'lines' })
    .flatMap((line) => line.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
    .map((word) => ({ word, count: 1 }))
    .returns(types.object({ word: types.string, count: types.float64 }))
    .keyBy((record) => record.word)
    .sum('count', { name: 'count' })
  if (output === undefined) {
    counts.print()
  } else {
    counts
      .map(({ word, count }) => `${word} ${count}`)
      .sinkTo(FileSink.lines(output), { name: 'counts' })
  }
})
