import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Collector, RuntimeContext } from '@millrace/api'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink, SinkGate } from './test-job-test-support.ts'

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n
}

test('a task is INITIALIZING, RUNNING, then FINISHED; operators open last first', async () => {
  const calls: string[] = []
  const rich = (name: string) => ({
    open: (context: RuntimeContext) => {
      calls.push(`open ${name} ${context.subtaskIndex}/${context.parallelism}`)
    },
    close: () => {
      calls.push(`close ${name}`)
    },
    map: (n: number) => n,
  })
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1]), { name: 'numbers' })
        .map(rich('a'), { name: 'a' })
        .map(rich('b'), { name: 'b' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  assert.deepEqual(calls, ['open b 0/1', 'open a 0/1', 'close a', 'close b'])
  const states = cluster.history.map((entry) => entry.split(':')[1])
  assert.deepEqual(states, ['INITIALIZING', 'RUNNING', 'FINISHED'])
})

test('the log names vertex, subtask and attempt of a task that changes its state', async () => {
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1]), { name: 'numbers' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  const lines = cluster.events.flatMap((event) => (event.kind === 'log' ? [event.fields] : []))
  const place = { vertex: 'Source: numbers -> Sink: list', subtask: 0, attempt: 0 }
  assert.deepEqual(lines, [
    { ...place, state: 'INITIALIZING' },
    { ...place, state: 'RUNNING' },
    { ...place, state: 'FINISHED' },
  ])
})

test('a cancellation is answered while an operator opens', async () => {
  const opened = Promise.withResolvers<void>()
  let closed = 0
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1]), { name: 'numbers' })
        .map(
          { open: () => opened.promise, close: () => void closed++, map: (n: number) => n },
          { name: 'slow' },
        )
        .rebalance()
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy()
  await cluster.settle()
  assert.deepEqual(cluster.statesOf(), ['INITIALIZING', 'INITIALIZING', 'RUNNING', 'RUNNING'])
  cluster.cancel()
  await cluster.settle()
  // Only those whose operators are open can be closed.
  assert.deepEqual(cluster.statesOf(), ['INITIALIZING', 'INITIALIZING', 'CANCELED', 'CANCELED'])
  opened.resolve()
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['CANCELED']))
  assert.equal(closed, 2)
  await cluster.checkReleased()
})

test('a cancellation is answered while a producer is waited for', async () => {
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1]), { name: 'numbers' })
        .rebalance()
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy(({ inputs }) => inputs.length > 0)
  await cluster.settle()
  cluster.cancel()
  await cluster.runToEnd()
  assert.deepEqual(cluster.statesOf(), ['CANCELED', 'CANCELED'])
  await cluster.checkReleased()
})

for (const isBlocked of [false, true]) {
  test(`a running job is canceled, ${isBlocked ? 'held back' : 'at full speed'}`, async () => {
    const gate = new SinkGate()
    if (isBlocked) gate.shut()
    const results: number[] = []
    const cluster = await SlotCluster.start(
      (env) => {
        env
          .fromSource(new IterableSource(endless), { name: 'numbers' })
          .flatMap(function* (n) {
            yield n
            yield -n
          })
          .keyBy((n) => n % 7)
          .reduce((left, right) => left + right, { name: 'sum' })
          .sinkTo(new ListSink(results, gate), { name: 'list' })
      },
      { slots: 3 },
    )
    cluster.deploy()
    for (let turn = 0; turn < 20; turn++) {
      cluster.clock.runImmediates()
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal(results.length > 0, !isBlocked)
    cluster.cancel()
    await cluster.runToEnd()
    assert.deepEqual(new Set(cluster.statesOf()), new Set(['CANCELED']), cluster.describe())
    await cluster.checkReleased()
  })
}

test('a job is canceled while it finishes', async () => {
  const flushed = Promise.withResolvers<void>()
  const sink = new ListSink<number>([])
  const createWriter = sink.createWriter.bind(sink)
  sink.createWriter = (context) => ({ ...createWriter(context), flush: () => flushed.promise })
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1, 2]), { name: 'numbers' })
        .rebalance()
        .sinkTo(sink, { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy()
  await cluster.runUntil(() => sink.records.length === 4)
  await cluster.settle()
  assert.deepEqual(cluster.statesOf(), ['FINISHED', 'FINISHED', 'RUNNING', 'RUNNING'])
  cluster.cancel()
  await cluster.runToEnd()
  flushed.resolve()
  await cluster.settle()
  assert.deepEqual(cluster.statesOf(), ['FINISHED', 'FINISHED', 'CANCELED', 'CANCELED'])
  await cluster.checkReleased()
})

test('a second attempt sees nothing of the first', async () => {
  const seen: number[] = []
  const cluster = await SlotCluster.start(
    (env) => {
      let field = 0
      env
        .fromSource(new IterableSource(() => [1]), { name: 'numbers' })
        .map(() => ++field, { name: 'stateful' })
        .sinkTo(new ListSink(seen), { name: 'list' })
    },
    { slots: 2 },
  )
  for (let attempt = 0; attempt < 3; attempt++) {
    cluster.deploy()
    await cluster.runToEnd()
  }
  assert.deepEqual(seen, [1, 1, 1, 1, 1, 1])
})

test('what a timer emits after the end of its task is refused', async () => {
  let late: (() => void) | undefined
  const keepCollector = (n: number, out: Collector<number>): void => {
    late = () => out.collect(n)
  }
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1]), { name: 'numbers' })
        .flatMap(keepCollector)
        .keyBy((n) => n)
        .reduce((n) => n, { name: 'reduce' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  assert.throws(() => late?.(), /emitted after its task had ended/)
  await cluster.checkReleased()
})

test('a graph that differs from the one submitted refuses every task', async () => {
  let calls = 0
  const cluster = await SlotCluster.start(
    (env) => {
      const source = env.fromSource(new IterableSource(() => [1]), { name: `source ${calls++}` })
      source.sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  const [failure] = cluster.failures()
  assert.equal(failure?.code, 'JOB_GRAPH_DIFFERS')
  assert.match(failure.message, new RegExp(cluster.job.jobGraph.hash.slice(0, 12)))
  assert.ok(cluster.events.some(({ kind }) => kind === 'prepare-failed'))
  await cluster.checkReleased()
})

test('an error outside of any record fails all tasks of the slot', async () => {
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(endless), { name: 'numbers' })
        .rebalance()
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runUntil(() => cluster.statesOf().every((state) => state === 'RUNNING'))
  cluster.slots[0]?.runtime.failAll(new Error('from a timer'))
  await cluster.runToEnd()
  assert.deepEqual(cluster.statesOf(), ['FAILED', 'FAILED'])
  for (const failure of cluster.failures()) {
    assert.equal(failure.code, 'USER_FUNCTION_FAILED')
    assert.match(failure.message, /from a timer/)
  }
})

test('counters say what a task read, wrote, and spent its time on', async () => {
  const gate = new SinkGate()
  const results: number[] = []
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => endless()), { name: 'numbers' })
        .rebalance()
        .sinkTo(new ListSink(results, gate), { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy()
  await cluster.runUntil(() => results.length > 1000)
  gate.shut()
  await cluster.settle()
  cluster.clock.advance(5000)
  await cluster.settle()
  cluster.clock.advance(1000)
  await cluster.settle()
  const report = cluster.events.findLast(({ kind }) => kind === 'metrics-report')
  assert.ok(report?.kind === 'metrics-report')
  const source = report.tasks.find(({ attemptId }) =>
    cluster.deployments.some((d) => d.attemptId === attemptId && d.inputs.length === 0),
  )
  assert.ok(source !== undefined)
  assert.ok(source.recordsOut > 0 && source.bytesOut > 0)
  assert.ok(source.backPressuredMs >= 5000, JSON.stringify(source))
  cluster.cancel()
  await cluster.runToEnd()
})

test('a task whose source is chained to its sink counts what the source read', async () => {
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1, 2, 3]), { name: 'numbers' })
        .flatMap((value) => (value < 3 ? [value, value] : []), { name: 'twice' })
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  assert.equal(cluster.deployments.length, 1)
  const report = cluster.events.findLast(({ kind }) => kind === 'metrics-report')
  assert.ok(report?.kind === 'metrics-report')
  assert.deepEqual([report.tasks[0]?.recordsIn, report.tasks[0]?.recordsOut], [3, 0])
})

test('the last counters of a task come before its end and count every record', async () => {
  const numbers = Array.from({ length: 1000 }, (_, index) => index)
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => numbers), { name: 'numbers' })
        .rebalance()
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 2 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  for (const { attemptId, inputs } of cluster.deployments) {
    const end = cluster.events.findIndex(
      (event) =>
        event.kind === 'task-execution-state' &&
        event.state.attemptId === attemptId &&
        event.state.state === 'FINISHED',
    )
    const last = cluster.events
      .slice(0, end)
      .flatMap((event) => (event.kind === 'metrics-report' ? event.tasks : []))
      .findLast((metrics) => metrics.attemptId === attemptId)
    assert.equal(last?.recordsIn, 1000)
    if (inputs.length === 0) assert.equal(last?.recordsOut, 1000)
  }
})
