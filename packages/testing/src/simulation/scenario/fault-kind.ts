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

/** 'rescale': a user changes the parallelism of a job; drawn apart from the others. */
export type FaultKind = (typeof faultKinds)[number] | 'rescale'
