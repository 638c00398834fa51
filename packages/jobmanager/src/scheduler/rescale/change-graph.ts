import type { AllocatedSlot } from '../../resource-manager/allocated-slot.ts'
import { type JobParts, partsWithGraph } from '../job-parts.ts'
import type { Rescaling } from './rescaling.ts'

/**
 * The parts of a job that goes on with another graph; every task of the one before is over. Slots
 * that can be used on are, with their threads; what is too much is returned.
 */
export function changeGraph(former: JobParts, { target, reserve }: Rescaling): JobParts {
  const { executionGraph, coordinated } = target
  former.outbox.push(
    { kind: 'cancel-timer', timer: 'slot-request' },
    { kind: 'notify-job-host', command: { kind: 'use-rebuilt-graph' } },
  )
  const parts = partsWithGraph(former, executionGraph, coordinated)
  for (const { execution } of executionGraph.vertices) execution.schedule()
  const { slots } = parts
  const excess: AllocatedSlot[] = []
  const adopt = (slot: AllocatedSlot, isUsed: boolean): void => {
    if (!slots.pool.offer(slot)) excess.push(slot)
    for (const place of slots.pool.placesOf([slot.allocationId])) place.isUsed = isUsed
  }
  for (const { slot, isUsed, isEnded, isTainted } of former.slots.pool.places) {
    if (slot === undefined) continue
    if (isEnded || isTainted) excess.push(slot)
    else adopt(slot, isUsed)
  }
  for (const slot of reserve) adopt(slot, false)
  slots.declareRequirement()
  for (const slot of excess) slots.refuse(slot)
  return parts
}
