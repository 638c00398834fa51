import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '@millrace/core'
import {
  type BroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type OnTimerBroadcastContext,
} from '../function/broadcast-process-function.ts'
import type { Collector } from '../function/collector.ts'
import { MapStateDescriptor } from '../state/map-state-descriptor.ts'
import { BroadcastProcessOperator } from './broadcast-process-operator.ts'
import { OperatorRun, userFunction } from './chain-test-support.ts'
import {
  initialization,
  performCheckpoint,
  TestOperatorState,
} from './operator-state-test-support.ts'

const limits = new MapStateDescriptor('limits', types.string, types.float64)
const others = new MapStateDescriptor('others', types.string, types.float64)

interface Order {
  readonly user: string
  readonly amount: number
}

class OverLimit extends KeyedBroadcastProcessFunction<string, Order, [string, number], string> {
  override processElement(
    { user, amount }: Order,
    context: KeyedReadOnlyBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    assert.equal(context.getCurrentKey(), user)
    const limit = context.getBroadcastState(limits).get(user)
    if (limit !== undefined && amount > limit) out.collect(`${user} ${amount}`)
    context.timerService().registerProcessingTimeTimer(amount)
  }

  override processBroadcastElement(
    [user, limit]: [string, number],
    context: BroadcastContext,
    out: Collector<string>,
  ): void {
    if (limit < 0) context.getBroadcastState(limits).remove(user)
    else context.getBroadcastState(limits).put(user, limit)
    out.collect(`${user} may ${limit} since ${context.currentProcessingTime()}`)
  }

  override onTimer(
    timestamp: number,
    context: OnTimerBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    const limit = context.getBroadcastState(limits).get(context.getCurrentKey())
    out.collect(`${context.getCurrentKey()} at ${timestamp}: ${limit}`)
  }
}

const operatorOf = (target: object): BroadcastProcessOperator =>
  new BroadcastProcessOperator(userFunction(target, 'processElement', 'processBroadcastElement'), [
    limits,
  ])

async function opened(
  operator: BroadcastProcessOperator,
  state: TestOperatorState,
): Promise<OperatorRun> {
  await operator.initializeState(initialization(state))
  return new OperatorRun(operator, (order: Order) => order.user).open()
}

test('elements read what broadcast elements wrote', async () => {
  const run = await opened(operatorOf(new OverLimit()), new TestOperatorState())
  assert.deepEqual(run.run([{ user: 'ann', amount: 5 }]), [])
  assert.deepEqual(run.run([['ann', 4]], 1), ['ann may 4 since 1000'])
  const orders = [
    { user: 'ann', amount: 5 },
    { user: 'bob', amount: 9 },
    { user: 'ann', amount: 3 },
  ]
  assert.deepEqual(run.run(orders), ['ann 5'])
  assert.deepEqual(run.fire('ann', 7), ['ann at 7: 4'])
  assert.deepEqual([...run.timers], ['ann@5', 'bob@9', 'ann@3'])
  run.run([['ann', -1]], 1)
  assert.deepEqual(run.run(orders), [])
})

test('broadcast state is part of checkpoints', async () => {
  const state = new TestOperatorState()
  const operator = operatorOf(new OverLimit())
  const run = await opened(operator, state)
  run.run([['ann', 4]], 1)
  const snapshot = await performCheckpoint(operator, state, 1)
  const again = await opened(operatorOf(new OverLimit()), new TestOperatorState(snapshot))
  assert.deepEqual(again.run([{ user: 'ann', amount: 5 }]), ['ann 5'])
})

test('elements have no means to change broadcast state', async () => {
  const cheat = {
    processElement: (_: unknown, context: { getBroadcastState(of: unknown): object }) => {
      const state = context.getBroadcastState(limits)
      for (const method of ['put', 'putAll', 'remove', 'clear']) {
        assert.equal((state as Record<string, unknown>)[method], undefined)
      }
      return [Object.keys(state).length]
    },
    processBroadcastElement: () => {},
  }
  const run = await opened(operatorOf(cheat), new TestOperatorState())
  assert.deepEqual(run.run([{ user: 'ann', amount: 1 }]), [0])
})

test('a state whose descriptor was not given to broadcast is refused', async () => {
  const lost = {
    processElement: () => {},
    processBroadcastElement: (_: unknown, context: BroadcastContext) => {
      context.getBroadcastState(others).put('a', 1)
    },
  }
  const run = await opened(operatorOf(lost), new TestOperatorState())
  assert.throws(() => run.run([1], 1), {
    code: 'ARGUMENT_INVALID',
    message: /'others' is none of those of the broadcast stream: 'limits'/,
  })
})
