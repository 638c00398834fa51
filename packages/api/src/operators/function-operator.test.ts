import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Collector } from '../function/collector.ts'
import type { KeyedProcessContext, OnTimerContext, ProcessContext } from '../function/functions.ts'
import { OperatorRun, userFunction } from './chain-test-support.ts'
import { CoFlatMapOperator } from './co-flat-map-operator.ts'
import { CoMapOperator } from './co-map-operator.ts'
import { CoProcessOperator } from './co-process-operator.ts'
import { FilterOperator } from './filter-operator.ts'
import { FlatMapOperator } from './flat-map-operator.ts'
import { MapOperator } from './map-operator.ts'
import { ProcessOperator } from './process-operator.ts'

class Scaler {
  readonly #factor: number

  constructor(factor: number) {
    this.#factor = factor
  }

  map(value: number): number {
    return this.#factor * value
  }

  filter(value: number): boolean {
    return value % this.#factor === 0
  }
}

test('map emits one record for each, by lambda or by method', () => {
  const lambda = new MapOperator(userFunction((n: number) => n + 1, 'map'))
  assert.deepEqual(new OperatorRun(lambda).run([1, 2]), [2, 3])
  const method = new MapOperator(userFunction(new Scaler(3), 'map'))
  assert.deepEqual(new OperatorRun(method).run([1, 2]), [3, 6])
})

test("functions of the language serve as well as one's own", () => {
  const text = new MapOperator(userFunction(String, 'map'))
  assert.deepEqual(new OperatorRun(text).run([1, 2]), ['1', '2'])
  const truthy = new FilterOperator(userFunction(Boolean, 'filter'))
  assert.deepEqual(new OperatorRun(truthy).run(['', 'a']), ['a'])
})

test('filter emits the records the function says yes to', () => {
  const lambda = new FilterOperator(userFunction((n: number) => n > 1, 'filter'))
  assert.deepEqual(new OperatorRun(lambda).run([1, 2, 3]), [2, 3])
  const method = new FilterOperator(userFunction(new Scaler(2), 'filter'))
  assert.deepEqual(new OperatorRun(method).run([1, 2, 3, 4]), [2, 4])
})

test('a promise is no answer of a filter', () => {
  const late = new FilterOperator(userFunction(() => Promise.resolve(false) as never, 'filter'))
  assert.throws(() => new OperatorRun(late).run([1]), /promise\. Functions are synchronous/)
  const truthy = new FilterOperator(userFunction((value: unknown) => value as boolean, 'filter'))
  assert.deepEqual(new OperatorRun(truthy).run([{}, 0, [], null, 'a', Number.NaN]), [{}, [], 'a'])
})

test('flatMap emits what is collected and what is returned', () => {
  const split = new FlatMapOperator(userFunction((line: string) => line.split(' '), 'flatMap'))
  assert.deepEqual(new OperatorRun(split).run(['a b', 'c']), ['a', 'b', 'c'])
  const generator = function* (n: number): Iterable<number> {
    for (let i = 0; i < n; i++) yield i
  }
  const generated = new FlatMapOperator(userFunction(generator, 'flatMap'))
  assert.deepEqual(new OperatorRun(generated).run([2, 3]), [0, 1, 0, 1, 2])
  const twice = {
    flatMap(value: number, out: Collector<number>): void {
      out.collect(value)
      out.collect(value)
    },
  }
  const collected = new FlatMapOperator(userFunction(twice, 'flatMap'))
  assert.deepEqual(new OperatorRun(collected).run([1, 2]), [1, 1, 2, 2])
})

test('process gets a context in which no record has a time', () => {
  const processor = (value: number, context: ProcessContext, out: Collector<unknown>): void => {
    out.collect([value, context.timestamp()])
  }
  const operator = new ProcessOperator(userFunction(processor, 'processElement'))
  assert.deepEqual(new OperatorRun(operator).run([1]), [[1, undefined]])
})

test('a keyed process function sees the key of each record', async () => {
  const processor = (
    value: string,
    context: KeyedProcessContext<string>,
    out: Collector<string>,
  ): void => out.collect(`${context.getCurrentKey()}:${value}`)
  const operator = new ProcessOperator(userFunction(processor, 'processElement'))
  const run = await new OperatorRun(operator, (value: string) => value[0]).open()
  assert.deepEqual(run.run(['ab', 'cd']), ['a:ab', 'c:cd'])
})

test('onTimer emits what it collects and what it returns, and sees its key and time', async () => {
  const alarm = {
    processElement: (value: number, context: KeyedProcessContext<string>): void => {
      const timers = context.timerService()
      timers.registerProcessingTimeTimer(timers.currentProcessingTime() + value)
      timers.deleteProcessingTimeTimer(1001)
    },
    *onTimer(timestamp: number, context: OnTimerContext<string>, out: Collector<unknown>) {
      out.collect([timestamp, context.timestamp(), context.timeDomain()])
      yield context.getCurrentKey()
    },
  }
  const operator = new ProcessOperator(userFunction(alarm, 'processElement'))
  const run = await new OperatorRun(operator, () => 'a').open()
  run.run([1, 2])
  assert.deepEqual([...run.timers], ['a@1002'])
  assert.deepEqual(run.fire('b', 7), [[7, 7, 'processing-time'], 'b'])
})

test('a function without onTimer generates nothing for timers', () => {
  const operator = new ProcessOperator(userFunction(() => 1, 'processElement'))
  assert.equal(operator.generateTimer({} as never), undefined)
})

test('each input of two has its own method', () => {
  const coMap = new CoMapOperator(
    userFunction({ map1: (n: number) => n + 1, map2: (s: string) => s.length }, 'map1', 'map2'),
  )
  const mapped = new OperatorRun(coMap)
  assert.deepEqual([mapped.run([1]), mapped.run(['abc'], 1)], [[2], [3]])
  const coFlatMap = new CoFlatMapOperator(
    userFunction(
      {
        flatMap1: (n: number, out: Collector<unknown>) => out.collect(n),
        flatMap2: (s: string) => [...s],
      },
      'flatMap1',
      'flatMap2',
    ),
  )
  const flat = new OperatorRun(coFlatMap)
  assert.deepEqual([flat.run([1]), flat.run(['ab'], 1)], [[1], ['a', 'b']])
  const coProcess = new CoProcessOperator(
    userFunction(
      {
        processElement1: (n: number, _: ProcessContext, out: Collector<unknown>) => out.collect(-n),
        processElement2: (s: string, context: ProcessContext) => [s, context.timestamp()],
      },
      'processElement1',
      'processElement2',
    ),
  )
  const processed = new OperatorRun(coProcess)
  assert.deepEqual([processed.run([1]), processed.run(['a'], 1)], [[-1], ['a', undefined]])
})

test('a function with a life is opened with the runtime context and closed', async () => {
  const calls: unknown[] = []
  const rich = {
    open: async (context: { operatorName: string }): Promise<void> => {
      await Promise.resolve()
      calls.push(`open ${context.operatorName}`)
    },
    map: (n: number) => n,
    close: () => {
      calls.push('close')
    },
  }
  const operator = new MapOperator(userFunction(rich, 'map'))
  await new OperatorRun(operator).open()
  await operator.close()
  assert.deepEqual(calls, ['open operator', 'close'])
})

test('a lambda has no life, whatever properties it has', async () => {
  const lambda = Object.assign((n: number) => n, {
    open: () => assert.fail('opened'),
    close: () => assert.fail('closed'),
  })
  const operator = new MapOperator(userFunction(lambda, 'map'))
  await new OperatorRun(operator).open()
  await operator.close()
})

test("the user's function is called on a line that calls nothing else of theirs", () => {
  const target = { map1: () => 0, map2: () => 0 }
  const { texts } = new OperatorRun(new CoMapOperator(userFunction(target, 'map1', 'map2')))
  for (const text of texts) {
    assert.equal(text.split('\n').filter((line) => /\.map[12]\(/.test(line)).length, 1)
    assert.ok(!/emit.*\.map[12]\(/.test(text))
  }
})
