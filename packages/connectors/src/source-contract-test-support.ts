import { deepEqual, equal } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Source } from '@millrace/api'
import { type Random, randomBelow, SeededRandom } from '@millrace/core'
import fc from 'fast-check'
import { SourceRun, type SourceSnapshot } from './source-test-support.ts'

/** What the contract suite has to know of a source that ends. */
export interface SourceContract<T, Split, State> {
  /** Words that begin the names of its tests. */
  readonly name: string
  /** A source of exactly `records`; what it needs is set up for one test. */
  readonly create: (t: TestContext) => Promise<() => Source<T, Split, State>>
  readonly records: readonly T[]
  /** False for a source whose records cannot be read again. */
  readonly isReplayable: boolean
}

const runs = { numRuns: 15 }
const parallelisms = fc.integer({ min: 1, max: 5 })

/** Tests what the engine relies on, whatever the source; each connector calls it once. */
export function testSourceContract<T, Split, State>(
  contract: SourceContract<T, Split, State>,
): void {
  const { name, records } = contract
  const inAnyOrder = (values: readonly T[]): readonly string[] =>
    values.map((value) => JSON.stringify(value)).sort()
  const expected = inAnyOrder(records)

  test(`${name}: every record comes once, for any parallelism and order of polls`, async (t) => {
    const create = await contract.create(t)
    const property = fc.asyncProperty(parallelisms, fc.nat(), async (parallelism, seed) => {
      const run = new SourceRun(create(), parallelism)
      await run.run(new SeededRandom(seed))
      deepEqual(inAnyOrder(run.all), expected)
      await run.close()
    })
    await fc.assert(property, runs)
  })

  test(`${name}: a reader that has ended stays so`, async (t) => {
    const run = new SourceRun((await contract.create(t))(), 2)
    await run.run(new SeededRandom(1))
    deepEqual([run.poll(0, 10), run.poll(1, 10)], ['end-of-input', 'end-of-input'])
    equal(run.all.length, records.length)
    await run.close()
  })

  test(`${name}: it closes at any time, also before its first record`, async (t) => {
    const create = await contract.create(t)
    const atStart = new SourceRun(create(), 3)
    await atStart.close()
    const inTheMiddle = new SourceRun(create(), 3)
    await inTheMiddle.run(new SeededRandom(1), () => inTheMiddle.all.length > 0)
    await inTheMiddle.close()
  })

  if (contract.isReplayable) {
    test(`${name}: restored from a snapshot it goes on exactly there`, async (t) => {
      const create = await contract.create(t)
      const property = fc.asyncProperty(
        parallelisms,
        fc.nat(records.length),
        fc.nat(),
        async (parallelism, stopAfter, seed) => {
          const all = await readInTwo(create, parallelism, stopAfter, new SeededRandom(seed))
          deepEqual(inAnyOrder(all), expected)
        },
      )
      await fc.assert(property, runs)
    })

    test(`${name}: failures at any time lose and repeat nothing`, async (t) => {
      const create = await contract.create(t)
      const property = fc.asyncProperty(fc.nat(), async (seed) => {
        deepEqual(inAnyOrder(await readWithFailures(create, new SeededRandom(seed))), expected)
      })
      await fc.assert(property, { numRuns: 40 })
    })
  }
}

/** Some attempts, each from the last snapshot, in which readers fail alone; then one to the end. */
async function readWithFailures<T, Split, State>(
  create: () => Source<T, Split, State>,
  random: Random,
): Promise<readonly T[]> {
  const parallelism = 1 + randomBelow(random, 4)
  let before: readonly T[] = []
  let snapshot: SourceSnapshot<Split, State> | undefined
  for (let attemptsLeft = randomBelow(random, 4); ; attemptsLeft--) {
    const run = new SourceRun(create(), parallelism, snapshot)
    for (let stepsLeft = randomBelow(random, 8); stepsLeft > 0; stepsLeft--) {
      let pollsLeft = randomBelow(random, 6)
      await run.run(random, () => pollsLeft-- <= 0)
      // Without a snapshot the whole attempt would fail.
      if (snapshot !== undefined && randomBelow(random, 3) === 0) {
        await run.failReader(randomBelow(random, parallelism))
      } else {
        snapshot = run.snapshot()
        before = [...before, ...run.takeEmitted()]
      }
    }
    if (attemptsLeft === 0) {
      await run.run(random)
      await run.close()
      return [...before, ...run.all]
    }
    await run.close()
  }
}

/** Reads some records, takes a snapshot, and reads the rest with another instance. */
async function readInTwo<T, Split, State>(
  create: () => Source<T, Split, State>,
  parallelism: number,
  stopAfter: number,
  random: Random,
): Promise<readonly T[]> {
  const first = new SourceRun(create(), parallelism)
  await first.run(random, () => first.all.length >= stopAfter)
  const snapshot = first.snapshot()
  const before = [...first.all]
  await first.close()
  const second = new SourceRun(create(), parallelism, snapshot)
  await second.run(random)
  await second.close()
  return [...before, ...second.all]
}
