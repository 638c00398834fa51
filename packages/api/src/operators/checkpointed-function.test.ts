import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ListState, types } from '@millrace/core'
import type {
  CheckpointedFunction,
  CheckpointListener,
  FunctionInitializationContext,
  FunctionSnapshotContext,
} from '../function/checkpointed-function.ts'
import { ListStateDescriptor } from '../state/list-state-descriptor.ts'
import { OperatorRun, runtimeContext, userFunction } from './chain-test-support.ts'
import { MapOperator } from './map-operator.ts'
import {
  initialization,
  performCheckpoint,
  TestOperatorState,
} from './operator-state-test-support.ts'

class Numbering implements CheckpointedFunction, CheckpointListener {
  readonly calls: unknown[] = []
  #count = 0
  #state!: ListState<number>

  async initializeState(context: FunctionInitializationContext): Promise<void> {
    await Promise.resolve()
    this.calls.push(['initialize', context.isRestored(), context.getRestoredCheckpointId()])
    const descriptor = new ListStateDescriptor('count', types.float64)
    this.#state = context.getOperatorStateStore().getListState(descriptor)
    this.#count = this.#state.get().reduce((sum, count) => sum + count, 0)
  }

  open(): void {
    this.calls.push('open')
  }

  map(value: string): string {
    return `${++this.#count} ${value}`
  }

  snapshotState(context: FunctionSnapshotContext): void {
    this.calls.push(['snapshot', context.getCheckpointId()])
    this.#state.update([this.#count])
  }

  notifyCheckpointComplete(checkpointId: number): Promise<void> {
    this.calls.push(['complete', checkpointId])
    return Promise.resolve()
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.calls.push(['aborted', checkpointId])
  }
}

test('a function keeps what it counted over checkpoints, and hears of them', async () => {
  const state = new TestOperatorState()
  const first = new Numbering()
  const operator = new MapOperator(userFunction(first, 'map'))
  await operator.initializeState(initialization(state))
  const run = await new OperatorRun(operator).open()
  assert.deepEqual(run.run(['a', 'b']), ['1 a', '2 b'])
  const snapshot = await performCheckpoint(operator, state, 7)
  run.run(['c'])
  await operator.notifyCheckpointComplete(7)
  operator.notifyCheckpointAborted(8)
  assert.deepEqual(first.calls, [
    ['initialize', false, undefined],
    'open',
    ['snapshot', 7],
    ['complete', 7],
    ['aborted', 8],
  ])

  const second = new Numbering()
  const restored = new MapOperator(userFunction(second, 'map'))
  const context = initialization(new TestOperatorState(snapshot), { restoredCheckpointId: 7 })
  await restored.initializeState(context)
  assert.deepEqual((await new OperatorRun(restored).open()).run(['c']), ['3 c'])
  assert.deepEqual(second.calls[0], ['initialize', true, 7])
})

test('functions without a part in checkpoints, and lambdas, are left alone', async () => {
  for (const target of [(n: number) => n, { map: (n: number) => n }]) {
    const operator = new MapOperator(userFunction(target, 'map'))
    const state = new TestOperatorState()
    await operator.initializeState(initialization(state))
    const before = state.snapshot()
    assert.deepEqual(await performCheckpoint(operator, state, 1), before)
    await operator.notifyCheckpointComplete(1)
    operator.notifyCheckpointAborted(1)
  }
})

test('a function is given the store of its keyed state as well', async () => {
  let asked: unknown
  const keyed = runtimeContext((descriptor) => {
    asked = descriptor.name
    return { value: () => undefined, update: () => {}, clear: () => {} }
  })
  const target = {
    map: (n: number) => n,
    initializeState: (context: FunctionInitializationContext) => {
      const descriptor = { kind: 'value', name: 'total', type: undefined, ttl: undefined } as const
      context.getKeyedStateStore().getState(descriptor)
    },
  }
  const operator = new MapOperator(userFunction(target, 'map'))
  const context = initialization(new TestOperatorState(), { runtimeContext: keyed })
  await operator.initializeState(context)
  assert.equal(asked, 'total')
})

test('what nothing waits for is refused where it is async', () => {
  for (const method of ['snapshotState', 'notifyCheckpointAborted']) {
    const target = { map: (n: number) => n, [method]: async () => {} }
    assert.throws(() => userFunction(target, 'map'), {
      code: 'ARGUMENT_INVALID',
      message: new RegExp(`${method} function .* is async`),
    })
  }
})

test('a function that saves its state later, after a promise, is refused', () => {
  const late = { map: (value: string) => value, snapshotState: () => Promise.resolve() }
  const failing = { ...late, snapshotState: () => Promise.reject(new Error('disk')) }
  for (const target of [late, failing]) {
    const operator = new MapOperator(userFunction(target, 'map'))
    assert.throws(() => operator.snapshotState(1), {
      code: 'USER_FUNCTION_FAILED',
      message: /snapshotState\(\) returned a promise/,
    })
  }
})
