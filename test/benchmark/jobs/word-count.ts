import {
  type Collector,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { CountingSink } from './counting-sink.ts'
import { jobOptions } from './job-options.ts'
import { SequenceSource } from './sequence-source.ts'

interface WordCount {
  readonly word: string
  readonly n: number
}

const vocabularySize = 20_000
const lineCount = 65_536
const wordsPerLine = 10

function vocabularyWord(index: number): string {
  let text = ''
  for (let rest = index + 676; rest > 0; rest = Math.floor(rest / 26)) {
    text += String.fromCharCode(97 + (rest % 26))
  }
  const length = 3 + (index % 8)
  while (text.length < length) text += text[text.length - 3]
  return text
}

/** The ring of lines both engines read, made once. */
export function makeLines(): readonly string[] {
  const vocabulary = Array.from({ length: vocabularySize }, (_, index) => vocabularyWord(index))
  let state = 42
  return Array.from({ length: lineCount }, () => {
    const words: string[] = []
    for (let i = 0; i < wordsPerLine; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      words.push(vocabulary[Math.floor(((state >>> 0) * vocabularySize) / 4294967296)] ?? '')
    }
    return words.join(' ')
  })
}

function split(line: string, out: Collector<WordCount>): void {
  let start = 0
  for (let end = line.indexOf(' '); end >= 0; end = line.indexOf(' ', start)) {
    out.collect({ word: line.substring(start, end), n: 1 })
    start = end + 1
  }
  out.collect({ word: line.substring(start), n: 1 })
}

class SumFunction extends KeyedProcessFunction<string, WordCount, WordCount> {
  #sum!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#sum = context.getState(new ValueStateDescriptor('sum', types.float64))
  }

  override processElement(
    record: WordCount,
    _context: KeyedProcessContext<string>,
    out: Collector<WordCount>,
  ): void {
    const n = (this.#sum.value() ?? 0) + record.n
    this.#sum.update(n)
    out.collect({ word: record.word, n })
  }
}

export default defineJob('word-count', (env, args) => {
  const options = jobOptions(args)
  let lines: readonly string[] | undefined
  const lineOf = (sequence: number): string => {
    lines ??= makeLines()
    return lines[sequence & (lineCount - 1)] ?? ''
  }
  env
    .fromSource(new SequenceSource(lineOf, options), { name: 'source' })
    .flatMap(split, { name: 'split' })
    .keyBy((record) => record.word)
    .process(new SumFunction(), { name: 'sum' })
    .sinkTo(new CountingSink<WordCount>({ ...options, dueMicrosOf: undefined }), { name: 'sink' })
})
