import assert from 'node:assert/strict'
import type { KeyedProcessFunction, Source } from '@millrace/api'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { ListSink, type SinkGate } from './test-job-test-support.ts'

/** A source that emits its records and then stays open until it is told to end. */
export class OpenSource<T> implements Source<T> {
  readonly kind = 'open'
  readonly boundedness = 'continuous-unbounded'
  readonly #records: readonly T[]
  readonly #ended = Promise.withResolvers<void>()
  #hasEnded = false

  constructor(records: readonly T[]) {
    this.#records = records
  }

  end(): void {
    this.#hasEnded = true
    this.#ended.resolve()
  }

  createEnumerator(): never {
    throw new Error('This source has no enumerator')
  }

  createReader(): ReturnType<Source<T>['createReader']> {
    const left = [...this.#records]
    return {
      start: () => {},
      addSplits: () => {},
      notifyNoMoreSplits: () => {},
      pollNext: (output) => {
        for (const record of left.splice(0)) output.collect(record)
        return this.#hasEnded ? 'end-of-input' : 'nothing-available'
      },
      whenAvailable: () => this.#ended.promise,
      snapshotState: () => [],
      close: () => {},
    }
  }
}

export interface TimedCluster<T> {
  readonly cluster: SlotCluster
  readonly source: OpenSource<T>
  readonly results: unknown[]
}

/** A job of one slot that runs `processor` on what an open source emits. */
export async function clusterWith<T>(
  records: readonly T[],
  keyOf: (record: T) => unknown,
  processorOf: (startMs: () => number) => KeyedProcessFunction<never, T, unknown>,
  gate?: SinkGate,
): Promise<TimedCluster<T>> {
  const source = new OpenSource(records)
  const results: unknown[] = []
  let start = 0
  const startMs = (): number => start
  const cluster: SlotCluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(source, { name: 'open' })
        .keyBy(keyOf)
        .process(processorOf(startMs) as KeyedProcessFunction<unknown, T, unknown>, {
          name: 'timed',
        })
        .sinkTo(new ListSink(results, gate), { name: 'list' })
    },
    { slots: 1 },
  )
  start = cluster.clock.now()
  cluster.deploy()
  await cluster.settle()
  return { cluster, source, results }
}

export async function finish(cluster: SlotCluster, source: OpenSource<unknown>): Promise<void> {
  source.end()
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  await cluster.checkReleased()
}
