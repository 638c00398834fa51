import { deepEqual } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Sink } from '@millrace/api'
import { randomBelow, SeededRandom } from '@millrace/core'
import { type SinkCheckpoint, SinkRun } from './sink-run-test-support.ts'
import { ManualClock } from './source-test-support.ts'

/** What the contract suite has to know of a sink. */
export interface SinkContract<T, C = never, W = never> {
  /** Words that begin the names of its tests. */
  readonly name: string
  /** A sink, and what has been made visible through it; set up for one test. */
  readonly create: (t: TestContext) => Promise<SinkUnderTest<T, C, W>>
  /** Three different records or more. */
  readonly records: readonly T[]
  /** It shows nothing before a commit, and everything once, whatever crashes. */
  readonly isTwoPhase: boolean
}

export interface SinkUnderTest<T, C = never, W = never> {
  /** Each call is that of another process: the same sink, which shares nothing but the outside. */
  readonly open: () => Sink<T, C, W>
  /** In any order; undefined for a sink that leaves nothing to look at. */
  readonly visible: (() => Promise<readonly T[]>) | undefined
}

/** Tests what the engine relies on, whatever the sink; each connector calls it once. */
export function testSinkContract<T, C = never, W = never>(contract: SinkContract<T, C, W>): void {
  testWithoutCheckpoints(contract)
  if (!contract.isTwoPhase) return
  test(`${contract.name}: it is crashed, restored and commits again`, async (t) => {
    await testTwoPhase(t, contract)
  })
}

function testWithoutCheckpoints<T, C, W>({ name, records, create }: SinkContract<T, C, W>): void {
  test(`${name}: all records of all subtasks are there once the input has ended`, async (t) => {
    const under = await create(t)
    const run = await start(under, { parallelism: 2 })
    for (const [index, record] of records.entries()) await run.write(index % 2, record)
    await finish(run)
    await check(under, records)
  })

  test(`${name}: no records are no mistake`, async (t) => {
    const under = await create(t)
    const run = await start(under)
    await run.takeCheckpoint(1)
    await run.commit()
    await finish(run)
    await check(under, [])
  })

  test(`${name}: an attempt that starts over shows its own records only`, async (t) => {
    const under = await create(t)
    const failed = await start(under)
    for (const record of records) await failed.write(0, record)
    await failed.close()
    const next = await start(under, { attemptNumber: 1 })
    for (const record of records.slice(1)) await next.write(0, record)
    await finish(next)
    await check(under, records.slice(1))
  })

  test(`${name}: a writer closes without a flush, and before its first record`, async (t) => {
    const under = await create(t)
    await (await start(under)).close()
    const run = await start(under, { attemptNumber: 1 })
    for (const record of records) await run.write(0, record)
    await run.close()
  })
}

async function testTwoPhase<T, C, W>(
  t: TestContext,
  { create, records }: SinkContract<T, C, W>,
): Promise<void> {
  await t.test('what is prepared is visible after the commit, not before', async () => {
    const under = await create(t)
    const run = await start(under)
    await run.write(0, records[0] as T)
    await run.takeCheckpoint(1, true)
    await check(under, [])
    await run.commit()
    await check(under, records.slice(0, 1))
    await run.close()
  })

  await t.test('another process commits what was prepared, and once more', async () => {
    const under = await create(t)
    const run = await start(under, { parallelism: 2 })
    for (const [index, record] of records.entries()) await run.write(index % 2, record)
    const restored = await run.takeCheckpoint(1, true)
    for (const parallelism of [2, 2, 1, 3]) {
      const next = await start(under, { attemptNumber: 1, parallelism, restored })
      await check(under, records)
      await finish(next)
      await check(under, records)
    }
  })

  await t.test('however often it crashes, every record is visible once', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const under = await create(t)
      await crashAndRestore(under, records, seed)
      await check(under, records)
    }
  })
}

/** Attempts that stop at any step, each going on from the last checkpoint that completed. */
async function crashAndRestore<T, C, W>(
  under: SinkUnderTest<T, C, W>,
  records: readonly T[],
  seed: number,
): Promise<void> {
  const random = new SeededRandom(seed)
  let restored: SinkCheckpoint | undefined
  let checkpointId = 0
  for (let attemptNumber = 0; attemptNumber < 6; attemptNumber++) {
    const parallelism = 1 + randomBelow(random, 3)
    const run = await start(under, { parallelism, attemptNumber, restored })
    for (let steps = 1 + randomBelow(random, 8); steps > 0; steps--) {
      const record = records[run.position]
      if (randomBelow(random, 2) === 0 && record !== undefined) {
        await run.write(randomBelow(random, parallelism), record)
        continue
      }
      checkpointId += 1
      const taken = await run.takeCheckpoint(checkpointId)
      // It is given up, or completes; the crash may come before the commit.
      if (randomBelow(random, 3) === 0) continue
      restored = taken
      if (randomBelow(random, 3) === 0) break
      await run.commit()
    }
    await run.close()
  }
  const last = await start(under, { attemptNumber: 6, restored })
  for (const record of records.slice(last.position)) await last.write(0, record)
  await finish(last)
}

function start<T, C, W>(
  { open }: SinkUnderTest<T, C, W>,
  options: {
    readonly parallelism?: number
    readonly attemptNumber?: number
    readonly restored?: SinkCheckpoint | undefined
  } = {},
): Promise<SinkRun<T, C, W>> {
  const { parallelism = 1, attemptNumber = 0, restored } = options
  const clock = new ManualClock()
  return SinkRun.open(open(), { parallelism, attemptNumber, clock, restored })
}

/** The end of input; the checkpoint that follows completes. */
async function finish<T, C, W>(run: SinkRun<T, C, W>): Promise<void> {
  await run.takeCheckpoint(1_000_000, true)
  await run.commit()
  await run.close()
}

async function check<T, C, W>(
  { visible }: SinkUnderTest<T, C, W>,
  expected: readonly T[],
): Promise<void> {
  if (visible !== undefined) deepEqual(inAnyOrder(await visible()), inAnyOrder(expected))
}

function inAnyOrder<T>(records: readonly T[]): readonly string[] {
  return records.map((record) => JSON.stringify(record)).sort()
}
