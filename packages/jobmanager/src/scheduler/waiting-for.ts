import type { JobParts } from './job-parts.ts'
import type { Recovery } from './recovery.ts'

/** What a job that is not over waits for, for people; '' if for nothing. */
export function waitingFor(
  { regions, slots }: JobParts,
  recovery: Recovery,
  nowMs: number,
): string {
  const ending = regions.cancelingTaskCount
  if (ending > 0) return ending === 1 ? '1 task to end' : `${ending} tasks to end`
  const { dueMs } = recovery
  if (dueMs !== undefined) return `restart in ${Math.max(0, Math.ceil(dueMs - nowMs))} ms`
  const missing = slots.missingCount(regions.waiting)
  if (missing === 0) return ''
  return missing === 1 ? '1 slot missing' : `${missing} slots missing`
}
