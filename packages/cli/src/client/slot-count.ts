import type { JobGraph } from '@millrace/core'

/** Slots a job needs: each takes one subtask of every vertex of one slot-sharing group. */
export function slotCountOf(graph: JobGraph): number {
  const largest = new Map<string, number>()
  for (const { slotSharingGroup, parallelism } of graph.vertices) {
    largest.set(slotSharingGroup, Math.max(parallelism, largest.get(slotSharingGroup) ?? 0))
  }
  return [...largest.values()].reduce((sum, count) => sum + count, 0)
}
