// How long a record takes into a row and out of it again, in nanoseconds; the least of many short
// rounds, because other work on the machine only ever adds.
//   node --conditions=source test/benchmark/micro/row-codec.ts

import {
  Frame,
  type FrameTarget,
  frameSizeDefaultBytes,
  hashKey,
  RowDecoding,
  RowEncoding,
  rowsEnded,
  type TypeDescriptor,
  types,
} from '@millrace/core'

interface Subject {
  readonly name: string
  readonly type: TypeDescriptor | undefined
  readonly makeRecord: (index: number) => unknown
  /** Undefined on an edge that is not keyed. */
  readonly keyOf: ((record: unknown) => unknown) | undefined
}

const words = 'the quick brown fox jumps over a lazy dog while mills race along'.split(' ')
const sequenceType = types.object({ seq: types.float64, ts: types.float64 })
const makeSequence = (i: number): unknown => ({ seq: i * 7, ts: 1_700_000_000_000 + i })
const sequenceKey = (record: unknown): unknown => (record as { seq: number }).seq
const makeWord = (i: number): unknown => ({ word: words[i % words.length], n: 1 })
const wordKey = (record: unknown): unknown => (record as { word: string }).word
const makeBid = (i: number): unknown => ({
  auction: i,
  bidder: i * 3,
  price: i * 1.5,
  channel: 'Google',
  url: `https://www.example.com/item.htm?query=${i}`,
  dateTime: 1_700_000_000_000 + i,
  extra: 'abcdefghijklmnopqrstuvwxyz',
})

const subjects: readonly Subject[] = [
  {
    name: '{seq,ts} declared, key number',
    type: sequenceType.descriptor,
    makeRecord: makeSequence,
    keyOf: sequenceKey,
  },
  {
    name: '{seq,ts} inferred, key number',
    type: undefined,
    makeRecord: makeSequence,
    keyOf: sequenceKey,
  },
  { name: '{word,n} inferred, no key', type: undefined, makeRecord: makeWord, keyOf: undefined },
  { name: '{word,n} inferred, key word', type: undefined, makeRecord: makeWord, keyOf: wordKey },
  {
    name: '[word,n] inferred, no key',
    type: undefined,
    makeRecord: (i) => [words[i % words.length], 1],
    keyOf: undefined,
  },
  {
    name: 'string inferred, no key',
    type: undefined,
    makeRecord: (i) => words[i % words.length],
    keyOf: undefined,
  },
  {
    name: 'string of 16 characters',
    type: undefined,
    makeRecord: (i) => Buffer.alloc(16, `${i} mills race`).toString('latin1'),
    keyOf: undefined,
  },
  {
    name: 'string of 24, cut out of another',
    type: undefined,
    makeRecord: (i) => Buffer.alloc(30, `${i} mills race`).toString('latin1').substring(3, 27),
    keyOf: undefined,
  },
  { name: 'number inferred, no key', type: undefined, makeRecord: (i) => i, keyOf: undefined },
  { name: 'bid of 7 fields, no key', type: undefined, makeRecord: makeBid, keyOf: undefined },
  {
    name: '{seq,ts} as any (generic)',
    type: types.any.descriptor,
    makeRecord: makeSequence,
    keyOf: undefined,
  },
]

const channelCount = 2
const roundRecords = 40_000
const roundCount = 40

/** Keeps the frames of a round to be read, then hands them out again. */
class FrameLoop implements FrameTarget {
  readonly channel: number
  readonly #free: Frame[] = []
  readonly full: Frame[] = []

  constructor(channel: number) {
    this.channel = channel
  }

  acquire(sizeMin: number): Frame {
    return this.#free.pop() ?? new Frame(Math.max(sizeMin, frameSizeDefaultBytes))
  }

  push(frame: Frame): void {
    this.full.push(frame)
  }

  release(): void {
    this.#free.push(...this.full.splice(0))
  }
}

function measure(subject: Subject): readonly [encodeNs: number, decodeNs: number, bytes: number] {
  const { type, keyOf, makeRecord } = subject
  const encoding = new RowEncoding({
    edge: subject.name,
    type,
    keyed: keyOf !== undefined,
    recordSizeMaxBytes: 1 << 20,
  })
  const records = Array.from({ length: 1024 }, (_, i) => makeRecord(i))
  const keys = records.map((record) => keyOf?.(record))
  const hashes = keys.map((key) => (keyOf === undefined ? 0 : hashKey(key)))
  let sum = 0
  let last: unknown
  const decoding = new RowDecoding({
    process: (value, _key, hash) => {
      sum += hash & 1
      last = value
    },
    ...(keyOf === undefined ? {} : { keyOf }),
    suspension: { suspended: false },
  })
  const loops = Array.from({ length: channelCount }, (_, channel) => new FrameLoop(channel))
  const writers = loops.map((loop) => encoding.createWriter(loop))
  const readers = loops.map((_, channel) => decoding.createReader(`channel ${channel}`))
  const writeAll = compileLoop(subject.name, { writers, records, keys, hashes })
  let encodeNs = Number.POSITIVE_INFINITY
  let decodeNs = Number.POSITIVE_INFINITY
  let bytes = 0
  for (let round = 0; round < roundCount; round++) {
    const start = performance.now()
    writeAll(roundRecords)
    for (const writer of writers) writer.flush()
    const middle = performance.now()
    readers.forEach((reader, channel) => {
      for (const frame of loops[channel]?.full ?? []) {
        reader.begin(frame)
        while (reader.readRows() !== rowsEnded);
      }
    })
    const end = performance.now()
    bytes = loops.reduce((all, { full }) => full.reduce((one, { length }) => one + length, all), 0)
    for (const loop of loops) loop.release()
    encodeNs = Math.min(encodeNs, ((middle - start) * 1e6) / roundRecords)
    decodeNs = Math.min(decodeNs, ((end - middle) * 1e6) / roundRecords)
  }
  const received = readers.reduce((all, reader) => all + reader.recordCount, 0)
  if (received !== roundRecords * roundCount || last === undefined || sum < 0) {
    throw new Error(`${subject.name}: ${received} records were received`)
  }
  return [encodeNs, decodeNs, bytes / roundRecords]
}

/** Code of its own for each subject, as each chain has it: the calls in it see one class only. */
function compileLoop(
  name: string,
  scope: Readonly<Record<'writers' | 'records' | 'keys' | 'hashes', unknown>>,
): (count: number) => void {
  const source = `// ${name}
    return function writeAll(count) {
      for (let i = 0; i < count; i++) {
        const at = i & 1023;
        writers[i & 1].write(records[at], keys[at], hashes[at]);
      }
    };`
  return new Function(...Object.keys(scope), source)(...Object.values(scope))
}

const column = (value: number): string => value.toFixed(1).padStart(8)
console.log(`${'ns a record'.padEnd(34)}  encode  decode   bytes`)
for (const subject of subjects) {
  const [encodeNs, decodeNs, bytes] = measure(subject)
  console.log(subject.name.padEnd(34) + column(encodeNs) + column(decodeNs) + column(bytes))
}
