// Keyed state
export { HeapKeyedStateBackend } from './heap/heap-keyed-state-backend.ts'
export type { KeyedStateBackend, KeyedValueState, StateDescriptor } from './keyed-state-backend.ts'
