import type { JobParts } from './job-parts.ts'
import type { Recovery } from './recovery/recovery.ts'

/**
 * What a job that is not over waits for, for people; '' if for nothing. Slots that are requested
 * count as missing only when the wait for them has timed out.
 */
export function waitingFor(
  { regions, slots }: JobParts,
  recovery: Recovery,
  nowMs: number,
): string {
  const ending = regions.cancelingTaskCount
  if (ending > 0) return `waiting for ${ending === 1 ? '1 task' : `${ending} tasks`} to end`
  const { dueMs } = recovery
  if (dueMs !== undefined) return `restart in ${Math.max(0, Math.ceil(dueMs - nowMs))} ms`
  const requested = slots.missingCount(regions.waiting)
  if (requested === 0) return ''
  return requested === 1 ? 'waiting for 1 slot' : `waiting for ${requested} slots`
}
