/** What can go wrong outside of the product. */
export const faultKinds = [
  'crash-taskmanager',
  'stop-taskmanager',
  'isolate-taskmanager',
  'cut-session',
  'cut-data',
  'end-thread',
  'block-thread',
  'fill-disk',
  'slow-disk',
  'fill-storage',
  'slow-storage',
  'flaky-storage',
  'stop-jobmanager',
  'crash-jobmanager',
  'replace-jobmanager',
] as const

/**
 * 'rescale': a user changes the parallelism of a job. 'savepoint': a user takes one, or stops the
 * job with it. Both are drawn apart from the others.
 */
export type FaultKind = (typeof faultKinds)[number] | UserAct

export type UserAct = 'rescale' | 'savepoint'
