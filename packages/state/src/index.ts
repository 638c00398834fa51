// Keyed state
export { HeapKeyedStateBackend } from './heap/heap-keyed-state-backend.ts'
export type { KeyedStateBackend, Namespaced } from './keyed-state-backend.ts'
// Timers
export { type InternalTimer, TimerQueue } from './timer/timer-queue.ts'
