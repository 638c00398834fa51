import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Collector, JobFunction } from '@millrace/api'
import fc from 'fast-check'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink, SinkGate } from './test-job-test-support.ts'

/** What goes wrong, if anything, and how often an operator has been called by then. */
interface Fault {
  readonly operator: number
  readonly atCall: number
}

/** An operator that fails at a call, once for all attempts. */
class Fuse {
  #fault: Fault | undefined
  #calls = 0

  constructor(fault: Fault | undefined) {
    this.#fault = fault
  }

  pass(operator: number): void {
    if (this.#fault?.operator !== operator || ++this.#calls < this.#fault.atCall) return
    this.#fault = undefined
    throw new Error('blown')
  }
}

const recordsPerSubtask = 300

function jobOf(results: number[][], gate: SinkGate, fuse: Fuse): JobFunction {
  return (env) => {
    // Called once by the cluster, and once by each slot for each attempt.
    const own: number[] = []
    results.push(own)
    const numbers = env.fromSource(
      new IterableSource((subtask) =>
        Array.from({ length: recordsPerSubtask }, (_, i) => subtask * recordsPerSubtask + i),
      ),
      { name: 'numbers' },
    )
    const collectBoth = (n: number, out: Collector<number>): void => {
      fuse.pass(0)
      out.collect(n)
      out.collect(n)
    }
    numbers
      .flatMap(collectBoth)
      .flatMap(function* (n) {
        fuse.pass(1)
        yield n
        fuse.pass(2)
        yield n
      })
      .keyBy((n) => {
        fuse.pass(3)
        return `key ${n % 50}`
      })
      .map((n) => {
        fuse.pass(4)
        return n
      })
      .rebalance()
      .sinkTo(new ListSink(own, gate), { name: 'list' })
  }
}

type Action = 'cancel' | 'cut' | 'none'

test('whatever goes wrong and whenever, everything ends and is given back, and the next attempt is right', async () => {
  const fault = fc.option(
    fc.record({ operator: fc.nat({ max: 4 }), atCall: fc.integer({ min: 1, max: 1500 }) }),
    { nil: undefined },
  )
  const scenario = fc.record({
    slots: fc.integer({ min: 1, max: 3 }),
    frameSizeBytes: fc.integer({ min: 64, max: 1024 }),
    creditsPerChannel: fc.integer({ min: 1, max: 4 }),
    fault,
    action: fc.constantFrom<Action>('cancel', 'cut', 'none'),
    turns: fc.nat({ max: 60 }),
    isShut: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(scenario, async ({ slots, fault, action, turns, isShut, ...options }) => {
      const results: number[][] = []
      const gate = new SinkGate()
      const build = jobOf(results, gate, new Fuse(fault))
      const cluster = await SlotCluster.start(build, { slots, options })
      if (isShut) gate.shut()
      cluster.deploy()
      for (let turn = 0; turn < turns; turn++) {
        cluster.clock.runImmediates()
        await new Promise((resolve) => setImmediate(resolve))
      }
      if (action === 'cut') cluster.network.cut()
      await cluster.settle()
      // A JobMaster ends what is left of a region once one of its tasks has failed.
      cluster.cancel()
      gate.open()
      await cluster.runToEnd()
      await cluster.checkReleased()
      for (const { code, message } of cluster.failures()) {
        const isExpected = code === 'CONNECTION_LOST' || message.endsWith('failed: Error: blown')
        assert.ok(isExpected, `${code}: ${message}`)
      }

      // The fuse may not have blown yet.
      for (let attempt = 0; attempt < 2; attempt++) {
        cluster.states.clear()
        for (const list of results) list.length = 0
        cluster.deploy()
        await cluster.runUntil(
          () =>
            cluster.failures().length > 0 ||
            cluster.statesOf().every((state) => state === 'FINISHED'),
        )
        if (cluster.failures().length === 0) break
        cluster.cancel()
        await cluster.runToEnd()
      }
      assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
      cluster.checkedCounts()
      const expected = Array.from({ length: slots * recordsPerSubtask }, (_, i) => [i, i, i, i])
      assert.deepEqual(
        results.flat().sort((one, other) => one - other),
        expected.flat(),
      )
      await cluster.checkReleased()
      cluster.close()
    }),
    { numRuns: 40 },
  )
})
