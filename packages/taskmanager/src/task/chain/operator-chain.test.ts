import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob, type JobFunction } from '@millrace/api'
import { buildJob, SinkWriterOperator } from '@millrace/api/runtime'
import { hashKey, silentLogger, subtaskOfHash } from '@millrace/core'
import { OperatorStateBackend } from '@millrace/state'
import { FakeClock } from '../../fake-clock-test-support.ts'
import type { LocalSubpartition } from '../../network/local-subpartition.ts'
import type { RecordWriter } from '../../network/record-writer.ts'
import { IterableSource, ListSink } from '../../slot/test-job-test-support.ts'
import { ChainControl } from './chain-control.ts'
import { type ChainedOperator, generateChain } from './chain-generator.ts'
import { planChain } from './chain-plan.ts'
import { OperatorChain } from './operator-chain.ts'

const source = () => new IterableSource<number>(() => [])

/**
 * A writer of `channels` channels that notes what is written where; `local`: which is in the slot.
 */
function writerOf(channels: number, local = -1) {
  const written: unknown[][] = []
  const note = (...args: unknown[]) => {
    written.push(args)
  }
  const writers = Array.from({ length: channels }, (_, channel) => ({
    write: (...args: unknown[]) => note(channel, ...args),
  }))
  const subpartition = {
    isOpen: true,
    records: 0,
    process: (...args: unknown[]) => note('local', ...args),
    enqueue: (...args: unknown[]) => note('queue', ...args),
  }
  const writer = {
    channelCount: channels,
    writers,
    localIndex: local,
    local: subpartition as unknown as LocalSubpartition,
    next: 0,
    randomChannel: () => 1,
  } as unknown as RecordWriter
  return { writer, written, subpartition }
}

/** The chain of the job's n-th vertex. */
async function chainOf(
  build: JobFunction,
  position: number,
  writers: readonly RecordWriter[] = [],
) {
  const job = await buildJob(defineJob('test', build), { args: {}, config: {} })
  const vertex = job.jobGraph.vertices[position]
  assert.ok(vertex !== undefined)
  const plan = planChain(job, vertex.id)
  const services = { clock: new FakeClock(), logger: silentLogger, sendEvent: () => {} }
  const operators = plan.operators.map(({ node: { body } }): ChainedOperator => {
    if (body.kind === 'operator') return body.operator
    if (body.kind === 'source') return { open: () => {}, close: () => {} }
    return new SinkWriterOperator(body.sink, services)
  })
  const failures: unknown[][] = []
  const keys: unknown[] = []
  const parts = {
    plan,
    operators,
    writers,
    control: new ChainControl(1 << 20, () => {}),
    keyed: { setCurrentKey: (key: unknown) => keys.push(key) },
    fail: (error: unknown, index: number) => {
      failures.push([index, error])
      return error
    },
    checks: [],
    freeze: undefined,
  }
  const chain = new OperatorChain(parts)
  const context = {
    runtimeContext: {},
    output: { collect: () => {} },
    currentKey: () => keys.at(-1),
    operatorState: new OperatorStateBackend('operator'),
    isRestored: false,
    isFinished: false,
    isCheckpointing: false,
  }
  await chain.open(() => context as never)
  return { chain, parts, failures, keys, text: generateChain(parts).text }
}

test('operators that hand on one record stand inline in one function', async () => {
  const results: number[] = []
  const { chain, text } = await chainOf((env) => {
    env
      .fromSource(source(), { name: 'numbers' })
      .rebalance()
      .map((n) => n + 1)
      .filter((n) => n > 1)
      .sinkTo(new ListSink(results), { name: 'list' })
  }, 1)
  for (const n of [0, 1, 2]) chain.inputs[0]?.(n, undefined, 0)
  assert.deepEqual(results, [2, 3])
  assert.doesNotMatch(text, /function run_/)
})

test('the text of a chain grows with its length, and every operator still sees every record', async () => {
  const results: number[] = []
  const chainOfMaps = (count: number) =>
    chainOf((env) => {
      let numbers = env.fromSource(source(), { name: 'numbers' }).rebalance()
      for (let index = 0; index < count; index++) numbers = numbers.map((n) => n + 1)
      numbers.sinkTo(new ListSink(results), { name: 'list' })
    }, 1)
  const half = await chainOfMaps(200)
  const whole = await chainOfMaps(400)
  whole.chain.inputs[0]?.(0, undefined, 0)
  assert.deepEqual(results, [400])
  assert.ok(
    whole.text.length < 2.2 * half.text.length,
    `${half.text.length} for 200, ${whole.text.length} for 400`,
  )
})

test('a chain may fork; each branch gets every record', async () => {
  const [first, second]: [number[], number[]] = [[], []]
  const { writer, written } = writerOf(1)
  const { chain } = await chainOf(
    (env) => {
      const mapped = env.fromSource(source(), { name: 'numbers' }).map((n) => n * 2)
      mapped.sinkTo(new ListSink(first), { name: 'first' })
      mapped.filter((n) => n > 2).sinkTo(new ListSink(second), { name: 'second' })
      mapped.global().sinkTo(new ListSink([]), { name: 'third' })
    },
    0,
    [writer],
  )
  for (const n of [1, 2, 3]) chain.collectorOf(0).collect(n)
  assert.deepEqual(first, [2, 4, 6])
  assert.deepEqual(second, [4, 6])
  assert.deepEqual(written, [
    [0, 2, undefined, 0],
    [0, 4, undefined, 0],
    [0, 6, undefined, 0],
  ])
})

test('a keyed edge computes key and hash once and chooses the channel by them', async () => {
  const { writer, written, subpartition } = writerOf(4, 2)
  const asked: unknown[] = []
  const { chain } = await chainOf(
    (env) => {
      env.setParallelism(4)
      env
        .fromSource(source(), { name: 'numbers' })
        .keyBy((n) => {
          asked.push(n)
          return `key ${n}`
        })
        .map((n) => n)
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    0,
    [writer],
  )
  const numbers = Array.from({ length: 40 }, (_, n) => n)
  for (const n of numbers) chain.collectorOf(0).collect(n)
  const expected = numbers.map((n) => {
    const [key, hash] = [`key ${n}`, hashKey(`key ${n}`)]
    const channel = subtaskOfHash(hash, 4)
    return [channel === 2 ? 'local' : channel, n, key, hash]
  })
  assert.deepEqual(written, expected)
  assert.deepEqual(asked, numbers)
  assert.equal(subpartition.records, expected.filter(([channel]) => channel === 'local').length)
})

const partitioners: readonly [string, (n: number) => readonly unknown[]][] = [
  ['rebalance', (n) => [n % 3]],
  ['shuffle', () => [1]],
  ['broadcast', () => [0, 1, 2]],
  ['global', () => [0]],
]
for (const [kind, channelsOf] of partitioners) {
  test(`${kind} chooses its channels`, async () => {
    const { writer, written } = writerOf(3)
    const { chain } = await chainOf(
      (env) => {
        env.setParallelism(3)
        const numbers = env.fromSource(source(), { name: 'numbers' })
        const stream = numbers[kind as 'rebalance']()
        stream.map((n) => n).sinkTo(new ListSink([]), { name: 'list' })
      },
      0,
      [writer],
    )
    for (let n = 0; n < 7; n++) chain.collectorOf(0).collect(n)
    const expected = [0, 1, 2, 3, 4, 5, 6].flatMap((n) =>
      channelsOf(n).map((channel) => [channel, n, undefined, 0]),
    )
    assert.deepEqual(written, expected)
  })
}

test('a local channel that is closed gets its records into the queue', async () => {
  const { writer, written, subpartition } = writerOf(2, 0)
  subpartition.isOpen = false
  const { chain } = await chainOf(
    (env) => {
      env.fromSource(source(), { name: 'numbers' }).global().sinkTo(new ListSink([]), { name: 'l' })
    },
    0,
    [writer],
  )
  chain.collectorOf(0).collect(1)
  assert.deepEqual(written, [['queue', 1, undefined, 0]])
  assert.equal(subpartition.records, 0)
})

test('while interrupted, what a source polls waits, and comes in order', async () => {
  const results: number[] = []
  const { chain, parts } = await chainOf((env) => {
    env.fromSource(source(), { name: 'numbers' }).sinkTo(new ListSink(results), { name: 'list' })
  }, 0)
  const { control } = parts
  control.begin()
  chain.collectorOf(0).collect(1)
  control.interrupt()
  chain.collectorOf(0).collect(2)
  chain.collectorOf(0).collect(3)
  assert.deepEqual(results, [1])
  control.begin()
  assert.equal(control.resume(), true)
  assert.deepEqual(results, [1, 2, 3])
})

test('the stack of an error tells the operator, also where many are inline', async () => {
  const { chain, failures } = await chainOf((env) => {
    let stream = env.fromSource(source(), { name: 'numbers' }).map((n) => n)
    for (let index = 2; index < 8; index++) {
      stream = stream.map((n) => {
        if (n === index) throw new Error(`at ${index}`)
        return n
      })
    }
    stream.sinkTo(new ListSink([]), { name: 'list' })
  }, 0)
  for (let index = 2; index < 8; index++) {
    failures.length = 0
    assert.throws(() => chain.collectorOf(0).collect(index), { message: `at ${index}` })
    const [, error] = failures[0] as [number, Error]
    assert.equal(chain.placeOf(error)?.operatorIndex, index)
  }
  assert.equal(chain.placeOf(new Error('from elsewhere')), undefined)
})

test('operators are closed in reverse of their opening, each one, whatever they throw', async () => {
  const closed: string[] = []
  const rich = (name: string, fails: boolean) => ({
    open: () => {},
    close: () => {
      closed.push(name)
      if (fails) throw new Error(name)
    },
    map: (n: number) => n,
  })
  const { chain } = await chainOf((env) => {
    env
      .fromSource(source(), { name: 'numbers' })
      .map(rich('a', true), { name: 'a' })
      .map(rich('b', false), { name: 'b' })
      .map(rich('c', true), { name: 'c' })
      .sinkTo(new ListSink([]), { name: 'list' })
  }, 0)
  const errors = await chain.close()
  assert.deepEqual(closed, ['a', 'b', 'c'])
  assert.deepEqual(
    errors.map(({ operatorIndex, message }) => [operatorIndex, message]),
    [
      [1, 'a'],
      [3, 'c'],
    ],
  )
  assert.deepEqual(await chain.close(), [])
})
