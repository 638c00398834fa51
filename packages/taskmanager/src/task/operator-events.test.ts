import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperatorId } from '@millrace/core'
import { OperatorEvents } from './operator-events.ts'

const [sourceId, sinkId] = ['a', 'b'].map((digit) => OperatorId.parse(digit.repeat(32))) as [
  OperatorId,
  OperatorId,
]

/** The checkpoints a task has to perform, in a list of their ids. */
function eventsOf(due: number[]) {
  const handled: string[] = []
  const chain = {
    source: { operatorId: sourceId } as never,
    handleEvent: (operatorId: OperatorId, event: Uint8Array) => {
      handled.push(`${operatorId === sourceId ? 'source' : 'sink'} ${event[0]}`)
    },
  }
  const events = new OperatorEvents({
    get lastDue() {
      return due.at(-1) ?? 0
    },
    isDueUpTo: (checkpointId) => due.some((other) => other <= checkpointId),
  })
  return { chain, events, handled }
}

const event = (n: number): Uint8Array => new Uint8Array([n])

test('events that come before the chain is there wait for it', () => {
  const { chain, events, handled } = eventsOf([])
  events.handle(sourceId, event(1))
  events.handle(sinkId, event(2))
  assert.deepEqual(handled, [])
  events.start(chain)
  assert.deepEqual(handled, ['source 1', 'sink 2'])
})

test('splits assigned behind a trigger wait until that checkpoint is over, in order', () => {
  const due: number[] = []
  const { chain, events, handled } = eventsOf(due)
  events.start(chain)
  events.handle(sourceId, event(1))
  due.push(5)
  events.handle(sourceId, event(2))
  events.handle(sinkId, event(3))
  due.push(6)
  events.handle(sourceId, event(4))
  assert.deepEqual(handled, ['source 1', 'sink 3'])
  events.release()
  assert.deepEqual(handled, ['source 1', 'sink 3'])
  due.shift()
  events.release()
  assert.deepEqual(handled, ['source 1', 'sink 3', 'source 2'])
  due.shift()
  events.release()
  assert.deepEqual(handled, ['source 1', 'sink 3', 'source 2', 'source 4'])
})
