import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { AllocationId, SeededRandom } from '@millrace/core'
import { SlotTable } from './slot-table.ts'

const random = new SeededRandom(2)
const lease = AllocationId.random(random)
const other = AllocationId.random(random)

test('a slot goes from starting to free to allocated, and from there to the next incarnation', () => {
  const table = new SlotTable(1)
  const status = (): string => {
    const slot = table.report()[0]
    return `${slot?.state} ${slot?.incarnation} ${slot?.dataAddress}`
  }
  equal(status(), 'starting 1 ')
  table.markReady(0, 'host:1')
  equal(status(), 'free 1 host:1')
  table.allocate({ slotIndex: 0, incarnation: 1, allocationId: lease })
  equal(status(), 'allocated 1 host:1')
  table.replace(0)
  equal(status(), 'starting 2 ')
  equal(table.slotIndexOf(lease), undefined)
})

test('why a slot is not allocated is said', () => {
  const table = new SlotTable(2)
  const answer = (slotIndex: number, incarnation: number, allocationId: AllocationId): string =>
    table.allocate({ slotIndex, incarnation, allocationId })
  equal(answer(0, 1, lease), 'not-free')
  table.markReady(0, 'host:1')
  table.markReady(1, 'host:2')
  deepEqual(
    [answer(2, 1, lease), answer(0, 2, lease), answer(0, 1, lease), answer(0, 1, lease)],
    ['unknown-slot', 'other-incarnation', 'allocated', 'duplicate'],
  )
  deepEqual([answer(0, 1, other), answer(1, 1, lease)], ['not-free', 'allocation-in-use'])
})

test('illegal steps are bugs', () => {
  const table = new SlotTable(1)
  throws(() => table.replace(0), /Illegal transition/)
  table.markReady(0, 'host:1')
  throws(() => table.markReady(0, 'host:1'), /Illegal transition/)
  throws(() => table.stateOf(1), /no slot 1/)
})
