import { deepEqual } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Sink, SinkWriter } from '@millrace/api'
import { type SinkPlace, sinkWriterContext } from './sink-test-support.ts'

/** What the contract suite has to know of a sink. */
export interface SinkContract<T> {
  /** Words that begin the names of its tests. */
  readonly name: string
  /** A sink, and what has been made visible through it; set up for one test. */
  readonly create: (t: TestContext) => Promise<SinkUnderTest<T>>
  /** Three records or more. */
  readonly records: readonly T[]
}

export interface SinkUnderTest<T> {
  readonly sink: Sink<T>
  /** In any order; undefined for a sink that leaves nothing to look at. */
  readonly visible: (() => Promise<readonly T[]>) | undefined
}

/** Tests what the engine relies on, whatever the sink; each connector calls it once. */
export function testSinkContract<T>(contract: SinkContract<T>): void {
  const { name, records } = contract
  const open = async (under: SinkUnderTest<T>, place: SinkPlace = {}): Promise<SinkWriter<T>> =>
    under.sink.createWriter(sinkWriterContext(place), [])
  const check = async ({ visible }: SinkUnderTest<T>, expected: readonly T[]): Promise<void> => {
    if (visible !== undefined) deepEqual(inAnyOrder(await visible()), inAnyOrder(expected))
  }

  test(`${name}: all records of all subtasks are there once the input has ended`, async (t) => {
    const under = await contract.create(t)
    const writers = [await open(under), await open(under, { subtaskIndex: 1 })]
    for (const [index, record] of records.entries()) {
      await write(writers[index % 2], record)
      await writers[index % 2]?.flush(false)
    }
    for (const writer of writers) await finish(writer)
    await check(under, records)
  })

  test(`${name}: no records are no mistake`, async (t) => {
    const under = await contract.create(t)
    const writer = await open(under)
    await writer.flush(false)
    await finish(writer)
    await check(under, [])
  })

  test(`${name}: an attempt that starts over shows its own records only`, async (t) => {
    const under = await contract.create(t)
    const failed = await open(under)
    for (const record of records) await write(failed, record)
    await failed.flush(false)
    await failed.close()
    const next = await open(under, { attemptNumber: 1 })
    for (const record of records.slice(1)) await write(next, record)
    await finish(next)
    await check(under, records.slice(1))
  })

  test(`${name}: a writer closes without a flush, and before its first record`, async (t) => {
    const under = await contract.create(t)
    await (await open(under)).close()
    const writer = await open(under, { attemptNumber: 1 })
    for (const record of records) await write(writer, record)
    await writer.close()
  })
}

async function write<T>(writer: SinkWriter<T> | undefined, record: T): Promise<void> {
  await writer?.blocked?.()
  writer?.write(record)
}

async function finish<T>(writer: SinkWriter<T>): Promise<void> {
  await writer.flush(true)
  await writer.close()
}

function inAnyOrder<T>(records: readonly T[]): readonly string[] {
  return records.map((record) => JSON.stringify(record)).sort()
}
