import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '@millrace/core'
import { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import {
  BroadcastProcessFunction,
  KeyedBroadcastProcessFunction,
} from '../function/broadcast-process-function.ts'
import type { CheckpointedFunction } from '../function/checkpointed-function.ts'
import { ProcessFunction } from '../function/functions.ts'
import { graphOf, outline } from '../graph/job-test-support.ts'
import { MapStateDescriptor } from '../state/map-state-descriptor.ts'
import type { DataStream } from './data-stream.ts'

const limits = new MapStateDescriptor('limits', types.string, types.float64)

class Plain extends BroadcastProcessFunction<string, number, boolean> {
  override processElement(): void {}
  override processBroadcastElement(): void {}
}

class Keyed extends KeyedBroadcastProcessFunction<string, string, number, boolean> {
  override processElement(): void {}
  override processBroadcastElement(): void {}
}

const refusal = (message: RegExp) => ({ code: 'ARGUMENT_INVALID', message })

test('a stream and a broadcast one are the inputs of one operator', async () => {
  const graph = await graphOf((env) => {
    const rules = env.fromElements(1, 2).broadcast(limits)
    const words = env.fromElements('a', 'b')
    const connected: DataStream<boolean> = words
      .connect(rules)
      .process(new Plain(), { name: 'plain', parallelism: 2 })
    connected.print({ parallelism: 1 })
    const keyed = words.keyBy((word) => word).connect(rules)
    keyed.process(new Keyed(), { name: 'keyed', parallelism: 2 }).print({ parallelism: 1 })
  })
  assert.deepEqual([...outline(graph).edges].sort(), [
    'Source: elements-1 =broadcast=> keyed#1',
    'Source: elements-1 =broadcast=> plain#1',
    'Source: elements-2 =hash=> keyed#0',
    'Source: elements-2 =rebalance=> plain#0',
    'keyed =rebalance=> Sink: print-2#0',
    'plain =rebalance=> Sink: print-1#0',
  ])
})

test('what does not fit is refused where it is written', () => {
  const env = new StreamExecutionEnvironment()
  const words = env.fromElements('a')
  const rules = env.fromElements(1).broadcast(limits)
  assert.throws(() => words.broadcast('limits' as never), refusal(/is no MapStateDescriptor/))
  assert.throws(() => words.broadcast(limits, undefined as never), refusal(/no MapState/))
  assert.throws(
    () => words.connect(rules).process(new Keyed(), { name: 'keyed' }),
    refusal(/needs a key of each element/),
  )
  assert.throws(
    () => words.connect(rules).process({ processElement: () => {} } as never),
    refusal(/has no processBroadcastElement\(\)/),
  )
  assert.throws(() => words.union(rules as never), refusal(/connect it instead/))
  const elsewhere = new StreamExecutionEnvironment().fromElements(1).broadcast(limits)
  assert.throws(() => words.connect(elsewhere), refusal(/different environments/))
})

test('an operator with broadcast state needs a name', async () => {
  const unnamed = graphOf((env) => {
    const rules = env.fromElements(1).broadcast(limits)
    env.fromElements('a').connect(rules).process(new Plain()).print()
  })
  await assert.rejects(unnamed, { code: 'OPERATOR_NAME_MISSING' })
})

test('a function with operator state needs a name, keyed or not', async () => {
  const checkpointed: CheckpointedFunction = { initializeState: () => {}, snapshotState: () => {} }
  class Process extends ProcessFunction<number, number> implements CheckpointedFunction {
    initializeState(): void {}
    snapshotState(): void {}
    override processElement(): void {}
  }
  const map = { ...checkpointed, map: (n: number) => n }
  const coMap = { ...checkpointed, map1: (n: number) => n, map2: (n: number) => n }
  const uses: readonly ((stream: DataStream<number>) => DataStream<number>)[] = [
    (stream) => stream.map(map),
    (stream) => stream.process(new Process()),
    (stream) => stream.connect(stream).map(coMap),
  ]
  for (const use of uses) {
    const unnamed = graphOf((env) => void use(env.fromElements(1)).print())
    await assert.rejects(unnamed, { code: 'OPERATOR_NAME_MISSING' }, String(use))
  }
})
