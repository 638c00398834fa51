import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Emitted,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type ProcessContext,
  ProcessFunction,
} from '@millrace/api'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink } from './test-job-test-support.ts'
import { clusterWith } from './timer-cluster-test-support.ts'

class Failing extends KeyedProcessFunction<number, string, unknown> {
  override processElement(_: string, context: KeyedProcessContext<number>): void {
    context.timerService().registerProcessingTimeTimer(0)
  }

  override onTimer(_: number, context: OnTimerContext<number>): Emitted<unknown> {
    switch (context.getCurrentKey() as unknown) {
      case 'at once':
        throw new Error('no luck')
      case 'no error':
        throw 'no luck'
      case 'pulled':
        return (function* () {
          yield 1
          throw new Error('no luck')
        })()
      default:
        context.timerService().registerProcessingTimeTimer(Number.NaN)
    }
  }
}

const failures: readonly (readonly [what: string, code: string, message: RegExp])[] = [
  ['at once', 'USER_FUNCTION_FAILED', /^Operator 'timed' .* failed in onTimer: Error: no luck/],
  ['no error', 'USER_FUNCTION_FAILED', /^Operator 'timed' .* failed in onTimer: no luck/],
  ['pulled', 'USER_FUNCTION_FAILED', /^Operator 'timed' .* failed in onTimer: Error: no luck/],
  ['no time', 'ARGUMENT_INVALID', /^Operator 'timed' .* in onTimer: .* timer for NaN/],
]
for (const [what, code, message] of failures) {
  test(`an error of onTimer fails the task by its name: ${what}`, async () => {
    const { cluster } = await clusterWith(
      [what],
      (key) => key,
      () => new Failing(),
    )
    await cluster.runUntil(() => cluster.failures().length > 0)
    const [failure] = cluster.failures()
    assert.equal(failure?.code, code)
    assert.match(failure?.message ?? '', message)
    assert.equal(failure?.details['method'], 'onTimer')
    cluster.cancel()
    await cluster.runToEnd()
    await cluster.checkReleased()
  })
}
test('a timer without a key, or without onTimer, is refused', async () => {
  const set = (_: unknown, context: ProcessContext): void =>
    context.timerService().registerProcessingTimeTimer(1)
  class Plain extends ProcessFunction<number, number> {
    override processElement(value: number, context: ProcessContext): void {
      set(value, context)
    }
  }
  const source = () => new IterableSource(() => [1])
  const sink = () => new ListSink<unknown>([])
  const jobs: readonly (readonly [Parameters<typeof SlotCluster.start>[0], string, RegExp])[] = [
    [
      (env) =>
        void env
          .fromSource(source(), { name: 's' })
          .process(new Plain(), { name: 'p' })
          .sinkTo(sink(), { name: 'l' }),
      'KEY_INVALID',
      /'p' sets a timer, but its input has no keys/,
    ],
    [
      (env) =>
        void env
          .fromSource(source(), { name: 's' })
          .keyBy((n) => n)
          .process(set, { name: 'p' })
          .sinkTo(sink(), { name: 'l' }),
      'ARGUMENT_INVALID',
      /'p' sets a timer, but its function has no onTimer/,
    ],
  ]
  for (const [build, code, message] of jobs) {
    const cluster = await SlotCluster.start(build, { slots: 1 })
    cluster.deploy()
    await cluster.runUntil(() => cluster.failures().length > 0)
    const [failure] = cluster.failures()
    assert.equal(failure?.code, code)
    assert.match(failure?.message ?? '', message)
    cluster.close()
  }
})

class Join extends KeyedCoProcessFunction<string, string, string, string> {
  override processElement1(_: string, context: KeyedProcessContext<string>): void {
    context.timerService().registerProcessingTimeTimer(1)
  }
  override *processElement2(value: string, context: KeyedProcessContext<string>) {
    yield `${context.getCurrentKey()}: ${value}`
  }
  override *onTimer(timestamp: number, context: OnTimerContext<string>) {
    yield `${context.getCurrentKey()} at ${timestamp}`
  }
}

test('a keyed function of two inputs has timers; without keys it is refused', async () => {
  const results: string[] = []
  const build =
    (isKeyed: boolean) => (env: Parameters<Parameters<typeof SlotCluster.start>[0]>[0]) => {
      const first = env.fromSource(new IterableSource(() => ['ab']), { name: 'first' })
      const second = env.fromSource(new IterableSource(() => ['cd']), { name: 'second' })
      const both = first.connect(second)
      const keyed = isKeyed
        ? both.keyBy(
            (text) => text[0],
            (text) => text[0],
          )
        : both
      keyed.process(new Join(), { name: 'join' }).sinkTo(new ListSink(results), { name: 'list' })
    }
  const cluster = await SlotCluster.start(build(true), { slots: 1 })
  cluster.deploy()
  await cluster.runToEnd()
  assert.deepEqual(results.sort(), ['a at 1', 'c: cd'])
  await assert.rejects(SlotCluster.start(build(false), { slots: 1 }), {
    message: /KeyedCoProcessFunction at .* needs a key/,
  })
})
