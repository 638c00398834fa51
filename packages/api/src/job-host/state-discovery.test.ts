import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeclaredOperator, types } from '@millrace/core'
import type { FunctionInitializationContext } from '../function/checkpointed-function.ts'
import { KeyedProcessFunction } from '../function/functions.ts'
import type { RuntimeContext } from '../function/runtime-context.ts'
import { buildJob } from '../graph/build-job.ts'
import { defineJob } from '../job/define-job.ts'
import type { JobFunction } from '../job/job-definition.ts'
import { ManualClock, settle } from '../operators/clock-test-support.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import { ListStateDescriptor } from '../state/list-state-descriptor.ts'
import { MapStateDescriptor } from '../state/map-state-descriptor.ts'
import { ValueStateDescriptor } from '../state/value-state-descriptor.ts'
import { discoverStates } from './state-discovery.ts'

async function discover(
  build: JobFunction,
  clock = new ManualClock(),
): Promise<ReadonlyMap<string, DeclaredOperator>> {
  const job = await buildJob(defineJob('job', build), { args: {}, config: {} })
  const operators = await discoverStates(job, { clock, jobName: 'job', args: {} })
  return new Map(operators.map((operator) => [operator.name, operator]))
}

/** What `open` is made to do, and that it was closed. */
class Opened extends KeyedProcessFunction<number, number, number> {
  isClosed = false
  readonly #onOpen: (context: RuntimeContext) => void | Promise<void>

  constructor(onOpen: (context: RuntimeContext) => void | Promise<void>) {
    super()
    this.#onOpen = onOpen
  }

  override open(context: RuntimeContext): void | Promise<void> {
    return this.#onOpen(context)
  }

  override processElement(): void {}

  override close(): void {
    this.isClosed = true
  }
}

function jobWith(opened: Opened): JobFunction {
  return (env) => {
    env
      .fromSequence(0, 9, { name: 'numbers' })
      .keyBy((n) => n)
      .process(opened, { name: 'opened', movedFrom: 'former' })
      .sinkTo(new CollectSink(), { name: 'told' })
  }
}

test('keyed states, sources and sinks are told, and functions are closed again', async () => {
  const opened = new Opened(async (context) => {
    await Promise.resolve()
    const ttl = '1 min'
    context.getState(new ValueStateDescriptor('v', types.int32, { ttl, movedFrom: 'w' }))
    context.getMapState(new MapStateDescriptor('m', types.string))
  })
  const operators = await discover(jobWith(opened))
  const { keyedStates, movedFrom, failure } = operators.get('opened') ?? {}
  assert.deepEqual(keyedStates, [
    ...[
      { name: 'v', movedFrom: 'w', kind: 'value', types: [{ kind: 'int32' }], ttl: { ms: 60_000 } },
    ],
    { name: 'm', movedFrom: undefined, kind: 'map', types: [{ kind: 'string' }, null], ttl: null },
  ])
  assert.equal(movedFrom?.name, 'former')
  assert.equal(failure, undefined)
  assert.ok(opened.isClosed)
  const source = operators.get('numbers')
  assert.equal(source?.keyedStates, undefined)
  assert.equal(source?.coordinatorKind, 'sequence')
  assert.deepEqual(
    source?.operatorStates.map(({ name, mode }) => [name, mode]),
    [['_splits:sequence', 'split']],
  )
  assert.equal(operators.get('told')?.coordinatorKind, 'collect')
})

test('state without keys is told, whatever is done with it', async () => {
  const counting = {
    map: (n: number) => n,
    initializeState: (context: FunctionInitializationContext) => {
      assert.ok(context.isRestored())
      const store = context.getOperatorStateStore()
      const list = store.getUnionListState(new ListStateDescriptor('l', types.float64))
      list.update([...list.get(), 1])
      const map = store.getBroadcastState(new MapStateDescriptor<string, number>('b'))
      map.put('a', 1)
      assert.deepEqual([...map.entries()], [['a', 1]])
    },
    snapshotState: () => {},
  }
  const operators = await discover((env) => {
    const mapped = env.fromSequence(0, 9, { name: 'numbers' }).map(counting, { name: 'counting' })
    mapped.sinkTo(new CollectSink(), { name: 'told' })
  })
  assert.deepEqual(operators.get('counting')?.operatorStates, [
    { name: 'l', movedFrom: undefined, mode: 'union', types: [{ kind: 'float64' }] },
    { name: 'b', movedFrom: undefined, mode: 'broadcast', types: [null, null] },
  ])
})

test('an open that throws, uses state, or does not return is told, and the rest goes on', async () => {
  const throwing = new Opened((context) => {
    context.getState(new ValueStateDescriptor('before'))
    throw new Error('no data base')
  })
  const failed = (await discover(jobWith(throwing))).get('opened')
  assert.match(failed?.failure ?? '', /its open\(\) threw: .*no data base/)
  assert.deepEqual(
    failed?.keyedStates?.map(({ name }) => name),
    ['before'],
  )
  assert.ok(throwing.isClosed)
  const using = new Opened((context) => {
    context.getState(new ValueStateDescriptor<number>('v')).update(1)
  })
  const used = (await discover(jobWith(using))).get('opened')
  assert.match(used?.failure ?? '', /'v' was used outside of a record/)
  const clock = new ManualClock()
  const waiting = discover(jobWith(new Opened(() => new Promise(() => {}))), clock)
  await settle()
  clock.advance(10_000)
  assert.match((await waiting).get('opened')?.failure ?? '', /has not returned after 10 s/)
  assert.equal(clock.timerCount, 0)
})
