import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { AllocationId, SeededRandom } from '@millrace/core'
import fc from 'fast-check'
import { SlotTable, slotStateTransitions } from './slot-table.ts'

const random = new SeededRandom(1)
const allocationIds = Array.from({ length: 4 }, () => AllocationId.random(random))
const slotCount = 3

const operation = fc.oneof(
  fc.record({ kind: fc.constant('ready' as const), slotIndex: fc.nat(slotCount - 1) }),
  fc.record({ kind: fc.constant('replace' as const), slotIndex: fc.nat(slotCount - 1) }),
  fc.record({
    kind: fc.constant('allocate' as const),
    slotIndex: fc.nat(slotCount),
    incarnation: fc.integer({ min: 0, max: 5 }),
    id: fc.nat(allocationIds.length - 1),
  }),
)

test('a slot is leased at most once per incarnation, and an id to one slot at most', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), (operations) => {
      const table = new SlotTable(slotCount)
      const leases = new Set<string>()
      let last = table.report()
      for (const each of operations) {
        const state = each.slotIndex < slotCount ? table.stateOf(each.slotIndex) : undefined
        if (each.kind === 'ready' && state === 'STARTING') {
          table.markReady(each.slotIndex, 'host:1')
        } else if (each.kind === 'replace' && state !== 'STARTING') {
          table.replace(each.slotIndex)
        } else if (each.kind === 'allocate') {
          const { slotIndex, incarnation } = each
          const allocationId = allocationIds[each.id]
          ok(allocationId !== undefined)
          const wasLeased = table.slotIndexOf(allocationId)
          const answer = table.allocate({ slotIndex, incarnation, allocationId })
          if (answer === 'allocated') {
            const lease = `${slotIndex} ${incarnation}`
            equal(wasLeased, undefined)
            equal(state, 'FREE')
            ok(!leases.has(lease), `slot and incarnation ${lease} were leased twice`)
            leases.add(lease)
            equal(table.slotIndexOf(allocationId), slotIndex)
          } else {
            equal(table.slotIndexOf(allocationId), wasLeased)
          }
        }
        const report = table.report()
        for (const slot of report) {
          const before = last[slot.slotIndex]?.incarnation ?? 0
          ok(slot.incarnation === before || slot.incarnation === before + 1)
          equal(slot.state === 'allocated', slot.allocationId !== undefined)
          equal(slot.state === 'starting', slot.dataAddress === '')
        }
        last = report
      }
    }),
  )
})

test('every state of a slot leads on to another, and to STARTING in the end', () => {
  for (const next of Object.values(slotStateTransitions)) ok(next.length > 0)
  ok(slotStateTransitions.FREE.includes('STARTING'))
  ok(slotStateTransitions.ALLOCATED.includes('STARTING'))
})
