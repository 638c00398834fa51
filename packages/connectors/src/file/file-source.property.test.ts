import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { randomBelow, SeededRandom } from '@millrace/core'
import fc from 'fast-check'
import { SourceRun } from '../source-test-support.ts'
import type { FileAccess } from './file-access.ts'
import { FileSource } from './file-source.ts'

const line = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('žluťoučký kůň', '𝄞', 'x'.repeat(60), ' \r middle', '\ufeff'),
)
const file = fc.record({
  lines: fc.array(line, { maxLength: 20 }),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  endsWithNewline: fc.boolean(),
  hasByteOrderMark: fc.boolean(),
})

type FileText = typeof file extends fc.Arbitrary<infer Text> ? Text : never

function contentOf({ lines, lineEnd, endsWithNewline, hasByteOrderMark }: FileText): Buffer {
  const mark = hasByteOrderMark ? '\ufeff' : ''
  return Buffer.from(mark + lines.join(lineEnd) + (endsWithNewline ? lineEnd : ''))
}

/** What a file means, said in another way than the reader does. */
function linesOf(content: Buffer): readonly string[] {
  const text = new TextDecoder('utf-8', { ignoreBOM: false }).decode(content)
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((each) => (each.endsWith('\r') ? each.slice(0, -1) : each))
}

/** Files in memory that are read in pieces of any size. */
function memoryAccess(contents: readonly Buffer[], random: SeededRandom): FileAccess {
  return {
    discover: async () =>
      contents.map((content, i) => ({ path: `/${i}`, sizeBytes: content.length })),
    open: async (path) => {
      const content = contents[Number(path.slice(1))] ?? Buffer.alloc(0)
      return {
        read: async (buffer, offset, length, position) => {
          const countMax = 1 + randomBelow(random, length)
          return content.copy(buffer, offset, position, position + countMax)
        },
        close: async () => {},
      }
    },
  }
}

const setting = fc.record({
  files: fc.array(file, { maxLength: 4 }),
  splitSizeBytes: fc.integer({ min: 1, max: 60 }),
  chunkSizeBytes: fc.integer({ min: 4, max: 64 }),
  parallelism: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(),
})

type Setting = typeof setting extends fc.Arbitrary<infer Value> ? Value : never

function sourceOf(each: Setting): { source: FileSource<string>; expected: readonly string[] } {
  const contents = each.files.map(contentOf)
  const { splitSizeBytes, chunkSizeBytes } = each
  const source = new FileSource<string>({
    patterns: ['/'],
    format: (text) => text,
    options: { splitSizeBytes },
    access: memoryAccess(contents, new SeededRandom(each.seed)),
    chunkSizeBytes,
  })
  return { source, expected: contents.flatMap(linesOf).sort() }
}

test('every line comes once, however files are cut, read and polled', async () => {
  await fc.assert(
    fc.asyncProperty(setting, async (each) => {
      const { source, expected } = sourceOf(each)
      const run = new SourceRun(source, each.parallelism)
      await run.run(new SeededRandom(each.seed + 1))
      await run.close()
      deepEqual([...run.all].sort(), expected)
    }),
    { numRuns: 300 },
  )
})

test('a source that is restored goes on exactly where its snapshot was taken', async () => {
  await fc.assert(
    fc.asyncProperty(setting, fc.nat(40), async (each, stopAfter) => {
      const { source, expected } = sourceOf(each)
      const random = new SeededRandom(each.seed + 1)
      const first = new SourceRun(source, each.parallelism)
      await first.run(random, () => first.all.length >= stopAfter)
      const snapshot = first.snapshot()
      const before = [...first.all]
      await first.close()
      const second = new SourceRun(source, each.parallelism, snapshot)
      await second.run(random)
      await second.close()
      deepEqual([...before, ...second.all].sort(), expected)
    }),
    { numRuns: 300 },
  )
})
