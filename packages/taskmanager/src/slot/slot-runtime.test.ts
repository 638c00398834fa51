import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink } from './test-job-test-support.ts'

test('records of a chain reach its sink in one slot', async () => {
  const results: number[] = []
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1, 2, 3]), { name: 'numbers' })
        .map((n) => n * 10)
        .filter((n) => n !== 20)
        .sinkTo(new ListSink(results), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  assert.deepEqual(cluster.statesOf(), ['FINISHED'], cluster.describe())
  assert.deepEqual(results, [10, 30])
  await cluster.checkReleased()
})

class Count extends KeyedProcessFunction<string, number, { key: string; count: number }> {
  #count!: ValueState<number>
  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }
  override processElement(
    _value: number,
    context: KeyedProcessContext<string>,
    out: Collector<{ key: string; count: number }>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    out.collect({ key: context.getCurrentKey(), count })
  }
}

for (const slots of [1, 2, 3]) {
  for (const pieceBytes of [7, 1 << 20]) {
    test(`a keyed count is right in ${slots} slots, bytes in pieces of ${pieceBytes}`, async () => {
      const results: { key: string; count: number }[] = []
      const cluster = await SlotCluster.start(
        (env) => {
          env
            .fromSource(
              new IterableSource(function* () {
                for (let n = 0; n < 3000; n++) yield n
              }),
              { name: 'numbers' },
            )
            .keyBy((n) => `key ${n % 10}`)
            .process(new Count(), { name: 'count' })
            .sinkTo(new ListSink(results), { name: 'list' })
        },
        { slots, pieceBytes },
      )
      cluster.deploy()
      await cluster.runToEnd()
      assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
      assert.deepEqual(cluster.checkedCounts(), [3000 * slots])
      assert.equal(results.length, 3000 * slots)
      const last = new Map(results.map(({ key, count }) => [key, count]))
      assert.deepEqual([...last.values()], Array(10).fill(300 * slots))
      await cluster.checkReleased()
    })
  }
}
