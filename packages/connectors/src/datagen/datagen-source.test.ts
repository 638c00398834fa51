import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@millrace/core'
import fc from 'fast-check'
import { testSourceContract } from '../source-contract-test-support.ts'
import { SourceRun } from '../source-test-support.ts'
import { DataGenSource } from './datagen-source.ts'

const indexes = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)
const ascending = (values: readonly number[]): readonly number[] =>
  [...values].sort((a, b) => a - b)

/** Lets what waits for promises go on. */
const settlePromises = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

testSourceContract({
  name: 'datagen',
  create: async () => () => new DataGenSource((index) => ({ index }), { count: 23 }),
  records: indexes(23).map((index) => ({ index })),
  isReplayable: true,
})

testSourceContract({
  name: 'datagen with more splits than subtasks',
  create: async () => () => new DataGenSource((index) => ({ index }), { count: 23, splitCount: 5 }),
  records: indexes(23).map((index) => ({ index })),
  isReplayable: true,
})

test('every index comes once for any parallelism, and goes on after a restore', async () => {
  const setting = fc.record({
    count: fc.nat(60),
    parallelism: fc.integer({ min: 1, max: 8 }),
    stopAfter: fc.nat(60),
    seed: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(setting, async ({ count, parallelism, stopAfter, seed }) => {
      const source = new DataGenSource((index) => index, { count })
      const random = new SeededRandom(seed)
      const first = new SourceRun(source, parallelism)
      await first.run(random, () => first.all.length >= stopAfter)
      const snapshot = first.snapshot()
      const before = [...first.all]
      await first.close()
      const second = new SourceRun(source, parallelism, snapshot)
      await second.run(random)
      await second.close()
      deepEqual(ascending([...before, ...second.all]), indexes(count))
    }),
  )
})

test('subtask i of n makes the indexes i, i + n, i + 2n, …, in order', async () => {
  const run = new SourceRun(new DataGenSource((index) => index, { count: 7 }), 3)
  await run.run(new SeededRandom(1))
  deepEqual(run.emitted, [
    [0, 3, 6],
    [1, 4],
    [2, 5],
  ])
})

test('splits of fewer subtasks than made them are read in turn', async () => {
  const source = new DataGenSource((index) => index, { count: 9 })
  const wide = new SourceRun(source, 3)
  await settlePromises()
  const narrow = new SourceRun(source, 1, {
    enumerator: wide.snapshot().enumerator,
    readers: [wide.snapshot().readers.flat()],
  })
  await narrow.run(new SeededRandom(1))
  deepEqual(ascending(narrow.all), indexes(9))
  ok(narrow.all.indexOf(2) < narrow.all.indexOf(6), 'no split waits for the end of another')
})

test('without a count it never ends', async () => {
  const source = new DataGenSource((index) => index)
  equal(source.boundedness, 'continuous-unbounded')
  const run = new SourceRun(source, 2)
  await run.run(new SeededRandom(1), () => run.all.length >= 1000)
  equal(new Set(run.all).size, run.all.length)
})

test('a rate is kept by all subtasks together, and their records fall between each other', async () => {
  const source = new DataGenSource((index) => index, { recordsPerSecond: 10 })
  const run = new SourceRun(source, 2)
  await settlePromises()
  const pollAll = (): readonly string[] => [run.poll(0, 100), run.poll(1, 100)]
  pollAll()
  deepEqual(run.all, [0])
  for (const [ms, count] of [
    [99, 1],
    [1, 2],
    [100, 3],
    [300, 6],
  ] as const) {
    run.clock.advance(ms)
    pollAll()
    equal(run.all.length, count)
  }
  deepEqual(run.emitted, [
    [0, 2, 4],
    [1, 3, 5],
  ])
})

test('the rate is kept at another parallelism, however the splits are dealt out', async () => {
  const source = new DataGenSource((index) => index, { recordsPerSecond: 10 })
  const first = new SourceRun(source, 2)
  await settlePromises()
  const { enumerator, readers } = first.snapshot()
  const [one = [], other = []] = readers
  for (const dealt of [[[...one, ...other]], [one, [], [], other]]) {
    const run = new SourceRun(source, dealt.length, { enumerator, readers: dealt })
    await settlePromises()
    const pollAll = (): void => {
      for (let subtask = 0; subtask < dealt.length; subtask++) run.poll(subtask, 100)
    }
    pollAll()
    for (let i = 0; i < 20; i++) {
      run.clock.advance(100)
      // What a reader has of several splits it emits in turn.
      for (let poll = 0; poll < 4; poll++) pollAll()
    }
    equal(run.all.length, 21, `${dealt.length} subtasks`)
    await run.close()
  }
})

test('a paced source has one timer and does nothing before it fires', async () => {
  const run = new SourceRun(new DataGenSource((index) => index, { recordsPerSecond: 10 }), 1)
  await settlePromises()
  run.poll(0, 100)
  let isAvailable = false
  const available = run.whenAvailable(0).then(() => {
    isAvailable = true
  })
  for (let i = 0; i < 5; i++) equal(run.poll(0, 100), 'nothing-available')
  equal(run.clock.timerCount, 1)
  run.clock.advance(99)
  await settlePromises()
  equal(isAvailable, false)
  run.clock.advance(1)
  await available
  run.poll(0, 100)
  deepEqual(run.all, [0, 1])
  await run.close()
  equal(run.clock.timerCount, 0)
})

test('after a stop a second is made up for, no more', async () => {
  const run = new SourceRun(new DataGenSource((index) => index, { recordsPerSecond: 100 }), 1)
  await settlePromises()
  run.poll(0, 1000)
  run.clock.advance(60_000)
  while (run.poll(0, 7) === 'more-available');
  equal(run.all.length, 1 + 100)
  run.clock.advance(10)
  run.poll(0, 1000)
  equal(run.all.length, 1 + 100 + 1)
})

test('a record every ten seconds comes every ten seconds', async () => {
  const run = new SourceRun(new DataGenSource((index) => index, { recordsPerSecond: 0.1 }), 1)
  await settlePromises()
  run.poll(0, 10)
  for (let i = 0; i < 10; i++) {
    run.clock.advance(1000)
    run.poll(0, 10)
  }
  deepEqual(run.all, [0, 1])
})

test('senseless options are refused', () => {
  const make = (options: object) => () => new DataGenSource((index) => index, options)
  throws(make({ count: -1 }), { code: 'ARGUMENT_INVALID' })
  throws(make({ count: 1.5 }), { code: 'ARGUMENT_INVALID' })
  throws(make({ splitCount: 0 }), { code: 'ARGUMENT_INVALID' })
  throws(make({ recordsPerSecond: 0 }), { code: 'ARGUMENT_INVALID' })
  throws(make({ recordsPerSecond: Number.NaN }), { code: 'ARGUMENT_INVALID' })
})
