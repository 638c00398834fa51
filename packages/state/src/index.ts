// Keyed state
export { HeapKeyedStateBackend } from './heap/heap-keyed-state-backend.ts'
export type { KeyedStateBackend, Namespaced } from './keyed-state-backend.ts'
