import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import type { KeyedStream } from '../stream/keyed-stream.ts'
import { graphOf } from './job-test-support.ts'

const source = {
  kind: 'none',
  boundedness: 'bounded' as const,
  createEnumerator: () => assert.fail('a graph makes no enumerator'),
  createReader: () => assert.fail('a graph makes no reader'),
}

interface Stateful {
  readonly kind: string
  readonly build: (env: StreamExecutionEnvironment) => void
}

const onKeyed = (apply: (stream: KeyedStream<number[], number>) => unknown) => {
  return (env: StreamExecutionEnvironment): void => {
    apply(env.fromElements([1]).keyBy((value) => value[0] ?? 0))
    env.fromElements(1).print()
  }
}

const stateful: readonly Stateful[] = [
  { kind: 'source', build: (env) => env.fromSource(source).print() },
  { kind: 'sink', build: (env) => env.fromElements(1).sinkTo(new CollectSink()) },
  { kind: 'keyed-reduce', build: onKeyed((stream) => stream.reduce((left) => left)) },
  { kind: 'keyed-process', build: onKeyed((stream) => stream.process(() => [])) },
  { kind: 'keyed-sum', build: onKeyed((stream) => stream.sum(0)) },
  { kind: 'keyed-min', build: onKeyed((stream) => stream.min(0)) },
  { kind: 'keyed-max', build: onKeyed((stream) => stream.max(0)) },
  { kind: 'keyed-min-by', build: onKeyed((stream) => stream.minBy(0)) },
  { kind: 'keyed-max-by', build: onKeyed((stream) => stream.maxBy(0)) },
  {
    kind: 'map',
    build: onKeyed((stream) => stream.map({ open: () => {}, map: (value) => value })),
  },
  {
    kind: 'co-process',
    build: onKeyed((stream) =>
      stream.connect(stream).process({
        open: () => {},
        close: () => {},
        processElement1: () => [],
        processElement2: () => [],
      }),
    ),
  },
]

for (const { kind, build } of stateful) {
  test(`a ${kind} without a name is refused, with its place in the source`, async () => {
    await assert.rejects(graphOf(build), (error: Error & { code: string }) => {
      assert.equal(error.code, 'OPERATOR_NAME_MISSING')
      assert.match(
        error.message,
        new RegExp(`^The ${kind} at /.*operator-name\\.test\\.ts:\\d+:\\d+ has no name`),
      )
      return true
    })
  })
}

test('functions that keep nothing need no name', async () => {
  const graph = await graphOf((env) => {
    env
      .fromElements(1)
      .keyBy((n) => n)
      .map((n) => n)
      .filter({ filter: () => true })
      .process(() => [])
      .print()
  })
  assert.equal(graph.vertices.length, 2)
})

test('a name is given by option, by name or by uid', async () => {
  const graph = await graphOf((env) => {
    env
      .fromElements(1)
      .map((n) => n, { name: 'a' })
      .map((n) => n)
      .name('b')
      .print()
      .uid('c')
  })
  const names = graph.vertices.flatMap((vertex) => vertex.operators.map(({ name }) => name))
  assert.deepEqual(names, ['elements-1', 'a', 'b', 'c'])
})

test('one name for two operators is refused, with both places', async () => {
  const build = (env: StreamExecutionEnvironment): void => {
    env
      .fromElements(1)
      .map((n) => n)
      .name('a')
      .print()
    env
      .fromElements(1)
      .filter(() => true)
      .name('a')
      .print()
  }
  await assert.rejects(graphOf(build), {
    code: 'OPERATOR_NAME_DUPLICATE',
    message: /^Two operators are named 'a': the map at .*:\d+:\d+ and the filter at .*:\d+:\d+\./,
  })
})

test('derived names step past names that are in use', async () => {
  const graph = await graphOf((env) => {
    env.fromElements(1).print()
    env.fromElements(1).print().name('print-1')
    env.fromCollection([1]).print()
  })
  const names = graph.vertices.flatMap((vertex) => vertex.operators.map(({ name }) => name))
  assert.deepEqual(names, [
    'elements-1',
    'print-2',
    'elements-2',
    'print-1',
    'collection-1',
    'print-3',
  ])
})

test('a name that is no text is refused', async () => {
  for (const name of ['', '  ', 'x'.repeat(257), 7 as never]) {
    const build = (env: StreamExecutionEnvironment): void => {
      env.fromElements(1).print({ name })
    }
    await assert.rejects(graphOf(build), { code: 'ARGUMENT_INVALID' })
  }
})
