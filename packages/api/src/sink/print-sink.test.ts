import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/core'
import { runtimeContext } from '../operators/chain-test-support.ts'
import { ManualClock } from '../operators/clock-test-support.ts'
import { PrintSink, type PrintSinkOptions, printed } from './print-sink.ts'
import type { SinkWriter } from './sink.ts'

interface Printer {
  readonly writer: SinkWriter<unknown>
  readonly clock: ManualClock
  readonly texts: string[]
}

function printer(
  { subtaskIndex = 0, parallelism = 1 }: { subtaskIndex?: number; parallelism?: number } = {},
  options: PrintSinkOptions = {},
): Printer {
  const texts: string[] = []
  const output = { write: (text: string) => void texts.push(text), blocked: () => undefined }
  const clock = new ManualClock()
  const writer = new PrintSink({ output, ...options }).createWriter({
    ...runtimeContext(() => assert.fail('a sink has no keyed state')),
    subtaskIndex,
    parallelism,
    clock,
    logger: silentLogger,
    restoredCheckpointId: undefined,
    sendEventToCoordinator: () => assert.fail('a print sink has no coordinator'),
  })
  return { writer, clock, texts }
}

test('the number of the subtask stands before a record only where there are several', async () => {
  const cases = [
    [{ parallelism: 1 }, {}, 'hello\n'],
    [{ subtaskIndex: 1, parallelism: 2 }, {}, '2> hello\n'],
    [{ parallelism: 1 }, { prefix: 'orders' }, 'orders> hello\n'],
    [{ subtaskIndex: 1, parallelism: 2 }, { prefix: 'orders' }, 'orders:2> hello\n'],
  ] as const
  for (const [place, options, line] of cases) {
    const { writer, texts } = printer(place, options)
    writer.write('hello')
    await writer.flush(true)
    assert.deepEqual(texts, [line])
  }
})

test('records are printed as one line, whatever they hold', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    ['text', 'text'],
    [1.5, '1.5'],
    [10n, '10'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ a: 1, b: undefined }, '{"a":1}'],
    [{ n: 10n }, '{"n":"10"}'],
    [[1, [2]], '[1,[2]]'],
    [new Map([['a', 1]]), '[["a",1]]'],
    [{ set: new Set([1]) }, '{"set":[1]}'],
    [new Uint8Array([1, 2]), '[1,2]'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ text: 'two\nlines' }, '{"text":"two\\nlines"}'],
  ]
  for (const [record, line] of cases) assert.equal(printed(record), line)
})

test('lines are gathered for a moment and written together', () => {
  const { writer, clock, texts } = printer()
  writer.write('a')
  writer.write('b')
  assert.deepEqual(texts, [])
  clock.advance(20)
  assert.deepEqual(texts, ['a\nb\n'])
  assert.equal(clock.timerCount, 0)
})

test('many lines are written before the moment is over', () => {
  const { writer, texts } = printer()
  for (let i = 0; i < 100; i++) writer.write('x'.repeat(1000))
  assert.ok(texts.length >= 5)
  assert.ok(texts.every((text) => text.length < 20_000))
})

test('a printer that is closed has written all', () => {
  const { writer, clock, texts } = printer()
  writer.write('a')
  assert.equal(writer.close(), undefined)
  assert.deepEqual(texts, ['a\n'])
  assert.equal(clock.timerCount, 0)
})

test('a printer is blocked while its output is', () => {
  const waiting = Promise.resolve()
  const output = { write: () => {}, blocked: () => waiting }
  assert.equal(printer({}, { output }).writer.blocked?.(), waiting)
})
