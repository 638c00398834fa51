import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobFunction, Sink, SinkWriter } from '@millrace/api'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { ReplayableSource } from './test-job-test-support.ts'

/** A sink whose flushes are held by the test. */
class HeldSink implements Sink<number> {
  readonly kind = 'held'
  readonly records: number[] = []
  readonly flushes: PromiseWithResolvers<void>[] = []

  createWriter(): SinkWriter<number> {
    return {
      write: (record) => {
        this.records.push(record)
      },
      flush: (isEndOfInput) => {
        if (isEndOfInput) return
        const held = Promise.withResolvers<void>()
        this.flushes.push(held)
        return held.promise
      },
      close: () => {},
    }
  }
}

const count = 10_000

function job(sink: HeldSink): JobFunction {
  return (env) => {
    env
      .fromSource(new ReplayableSource(count, (n) => n), { name: 'numbers' })
      .rebalance()
      .map((n) => n)
      .sinkTo(sink, { name: 'held' })
  }
}

async function untilFlushing(
  sink: HeldSink,
): Promise<{ readonly cluster: SlotCluster; readonly driver: CheckpointDriver }> {
  const cluster = await SlotCluster.start(job(sink), { slots: 1, checkpointing: 'EXACTLY_ONCE' })
  const driver = new CheckpointDriver(cluster)
  cluster.deploy()
  await cluster.runUntil(() => sink.records.length > 100)
  driver.trigger()
  await cluster.runUntil(() => sink.flushes.length > 0)
  return { cluster, driver }
}

test('a sink that flushes for a checkpoint gets no record meanwhile', async () => {
  const sink = new HeldSink()
  const { cluster, driver } = await untilFlushing(sink)
  const before = sink.records.length
  await cluster.settle()
  assert.equal(sink.records.length, before)
  assert.equal(driver.completed.length, 0)
  sink.flushes[0]?.resolve()
  await cluster.runUntil(() => driver.completed.length > 0)
  assert.equal(driver.completed[0]?.checkpointId, 1)
  await cluster.runToEnd()
  assert.equal(sink.records.length, count)
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  await cluster.checkReleased()
})

test('a task is canceled in the middle of a flush that never ends', async () => {
  const sink = new HeldSink()
  const { cluster, driver } = await untilFlushing(sink)
  cluster.cancel()
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['CANCELED']))
  await cluster.checkReleased()
  sink.flushes[0]?.resolve()
  await cluster.settle()
  assert.equal(driver.completed.length, 0)
})

test('a flush that fails is an error of the sink', async () => {
  const sink = new HeldSink()
  const { cluster } = await untilFlushing(sink)
  sink.flushes[0]?.reject(new Error('no connection'))
  await cluster.runUntil(() => cluster.statesOf().includes('FAILED'))
  const [failure] = cluster.failures()
  assert.equal(failure?.code, 'SINK_FAILED')
  assert.match(failure?.message ?? '', /'held'.*no connection/s)
  cluster.cancel()
  await cluster.runToEnd()
  await cluster.checkReleased()
})

test('a checkpoint that is aborted while a sink flushes for it is not acknowledged', async () => {
  const sink = new HeldSink()
  const { cluster, driver } = await untilFlushing(sink)
  driver.abort(1)
  sink.flushes[0]?.resolve()
  await cluster.runUntil(() => sink.records.length === count)
  const late = driver.acknowledgements.filter(({ checkpointId }) => checkpointId === 1)
  assert.equal(late.length, 1, 'that of the source, which came before')
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  await cluster.checkReleased()
})
