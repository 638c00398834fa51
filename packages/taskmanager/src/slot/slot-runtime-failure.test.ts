import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Collector, type JobFunction, types } from '@millrace/api'
import type { ErrorCode } from '@millrace/core'
import { type ClusterOptions, SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink } from './test-job-test-support.ts'

/** Runs a job to its failure and ends what is left of it. */
async function failureOf(build: JobFunction, options: ClusterOptions): Promise<SlotCluster> {
  const cluster = await SlotCluster.start(build, options)
  cluster.deploy()
  await cluster.runUntil(() => cluster.failures().length > 0)
  cluster.cancel()
  await cluster.runToEnd()
  await cluster.checkReleased()
  return cluster
}

class Boom extends Error {
  override readonly name = 'Boom'
}
const boom = (): never => {
  throw new Boom('no good')
}

/** Catches what is not its own. */
const swallow = (n: number, out: Collector<number>): void => {
  try {
    out.collect(n)
  } catch {}
}
const wrap = (n: number, out: Collector<number>): void => {
  try {
    out.collect(n)
  } catch (error) {
    throw new Error('wrapped', { cause: error })
  }
}

const numbers = () => new IterableSource(() => [1, 2, 3])

const places: readonly [string, string, JobFunction][] = [
  [
    'a map in the middle of a chain',
    'middle',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .map((n) => n, { name: 'first' })
        .map(boom, { name: 'middle' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'a generator',
    'generator',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .flatMap(
          function* () {
            yield boom()
          },
          { name: 'generator' },
        )
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'a function behind one that catches everything',
    'behind',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .flatMap(swallow, { name: 'catcher' })
        .map(boom, { name: 'behind' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'a function behind an edge, whose producer catches everything',
    'behind',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .flatMap(wrap, { name: 'catcher' })
        .rebalance()
        .map(boom, { name: 'behind' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'a key selector',
    'keyed',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .map((n) => n, { name: 'keyed' })
        .keyBy(boom)
        .reduce((n) => n, { name: 'sum' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'open',
    'rich',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .map({ open: boom, map: (n: number) => n }, { name: 'rich' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'an asynchronous open',
    'rich',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .map({ open: async () => boom(), map: (n: number) => n }, { name: 'rich' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'close',
    'rich',
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .map({ open: () => {}, close: boom, map: (n: number) => n }, { name: 'rich' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'a source',
    'numbers',
    (env) => {
      env
        .fromSource(new IterableSource(() => ({ [Symbol.iterator]: () => ({ next: boom }) })), {
          name: 'numbers',
        })
        .map((n) => n, { name: 'map' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
  ],
  [
    'a sink',
    'list',
    (env) => {
      const sink = new ListSink<number>([])
      sink.records.push = boom
      env.fromSource(numbers(), { name: 'numbers' }).sinkTo(sink, { name: 'list' })
    },
  ],
]

const codeOfPlace: Readonly<Record<string, ErrorCode>> = {
  'a source': 'SOURCE_FAILED',
  'a sink': 'SINK_FAILED',
}

for (const [place, operatorName, build] of places) {
  test(`an error in ${place} names the operator`, async () => {
    const cluster = await failureOf(build, { slots: 1 })
    const [failure, ...others] = cluster.failures()
    assert.deepEqual(others, [])
    assert.equal(failure?.code, codeOfPlace[place] ?? 'USER_FUNCTION_FAILED', failure?.stack)
    assert.equal(
      failure.message,
      `Operator '${operatorName}' (subtask 1 of 1) failed: Boom: no good`,
    )
    assert.equal(failure.blame, 'user')
    assert.equal(failure.disposition, 'retry')
    assert.match(failure.stack, /slot-runtime-failure\.test\.ts/)
    assert.equal(failure.details['operator'], operatorName)
  })
}

test("a file that a reader does not find is the source's failure", async () => {
  const cluster = await failureOf(
    (env) => {
      const missing = () => ({
        [Symbol.iterator]: () => ({ next: () => readFileSync('/no/such/file') as never }),
      })
      env
        .fromSource(new IterableSource(missing), { name: 'numbers' })
        .map((n) => n, { name: 'map' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  const [failure] = cluster.failures()
  assert.equal(failure?.code, 'SOURCE_FAILED')
  const expected = /^Operator 'numbers' \(subtask 1 of 1\) failed: Error: ENOENT/
  assert.match(failure.message, expected)
  assert.deepEqual([failure.blame, failure.disposition], ['external', 'retry'])
})

test('a key selector right behind a source is not the source', async () => {
  const cluster = await failureOf(
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .keyBy(boom)
        .reduce((n) => n, { name: 'sum' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  assert.equal(cluster.failures()[0]?.code, 'USER_FUNCTION_FAILED')
})

test('a thrown value that is no error still fails the task', async () => {
  const cluster = await failureOf(
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .map(
          () => {
            throw 'just text'
          },
          { name: 'thrower' },
        )
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  const [failure] = cluster.failures()
  assert.equal(failure?.code, 'USER_FUNCTION_FAILED')
  assert.match(failure.message, /failed: just text/)
})

test('a function that returns a promise is told that functions are synchronous', async () => {
  const cluster = await failureOf(
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .flatMap((() => Promise.resolve([1])) as never, { name: 'async' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  assert.match(cluster.failures()[0]?.message ?? '', /Operator 'async'.*do not make it async/)
})

test('the region fails by the consumer, its producer in the slot is canceled', async () => {
  const cluster = await failureOf(
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .rebalance()
        .map(boom, { name: 'behind' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  assert.deepEqual(cluster.statesOf(), ['CANCELED', 'FAILED'])
})

test('a record that does not have its declared type fails its emitter, in the slot and beyond', async () => {
  for (const parallelism of [1, 2]) {
    const cluster = await failureOf(
      (env) => {
        env
          .fromSource(numbers(), { name: 'numbers' })
          .map((n) => ({ n: String(n) }), { name: 'liar' })
          .returns(types.object({ n: types.float64 }))
          .rebalance()
          .sinkTo(new ListSink<{ n: number }>([]), { name: 'list' })
          .setParallelism(parallelism)
      },
      { slots: 2 },
    )
    const [failure] = cluster.failures()
    assert.equal(failure?.code, 'RECORD_TYPE_MISMATCH')
    assert.match(failure.message, /Operator 'liar'/)
  }
})

test('a custom partitioner may not choose a channel that is not there', async () => {
  for (const channel of [2, -1, 0.5, Number.NaN, '0' as unknown as number]) {
    const cluster = await failureOf(
      (env) => {
        env
          .fromSource(numbers(), { name: 'numbers' })
          .partitionCustom({ partition: () => channel }, (n) => n)
          .sinkTo(new ListSink([]), { name: 'list' })
      },
      { slots: 2 },
    )
    const [failure] = cluster.failures()
    assert.equal(failure?.code, 'PARTITIONER_FAILED', `channel ${channel}`)
    assert.match(failure.message, /Operator 'numbers'/)
  }
})

test('a record that was emitted cannot be changed where records are frozen', async () => {
  const cluster = await failureOf(
    (env) => {
      env
        .fromSource(new IterableSource(() => [{ n: 1 }]), { name: 'objects' })
        .map(
          (record) => {
            record.n++
            return record
          },
          { name: 'mutator' },
        )
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  assert.match(cluster.failures()[0]?.message ?? '', /Operator 'mutator'.*read only/)
})

test('a connection that is lost fails the consumer and names both ends', async () => {
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => endless()), { name: 'numbers' })
        .rebalance()
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy()
  await cluster.runUntil(() => cluster.statesOf().every((state) => state === 'RUNNING'))
  cluster.network.cut()
  await cluster.runUntil(() => cluster.failures().length > 0)
  const [failure] = cluster.failures()
  assert.equal(failure?.code, 'CONNECTION_LOST')
  assert.equal(failure.disposition, 'retry')
  assert.equal(failure.blame, 'external')
  assert.match(
    failure.message,
    /memory:\d was lost: cut\. It carried edge 0 from \S+ to subtask \d/,
  )
  cluster.cancel()
  await cluster.runToEnd()
  await cluster.checkReleased()
})

test('a producer that nobody deploys is not waited for without end', async () => {
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(numbers(), { name: 'numbers' })
        .rebalance()
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy((deployment) => deployment.inputs.length > 0)
  await cluster.runUntil(() => cluster.failures().length === 2)
  const codes = cluster.failures().map(({ code }) => code)
  assert.deepEqual(codes, ['PARTITION_NOT_FOUND', 'PARTITION_NOT_FOUND'])
  await cluster.checkReleased()
})

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n
}
