// Savepoints and checkpoints for scripts and the command line: to be read, and written anew.

export type { SavedItem } from './inspect/operator-items.ts'
export {
  OperatorReader,
  type ReadOptions,
  type StateEntry,
} from './inspect/operator-reader.ts'
export { type OperatorSize, sizeOfOperator } from './inspect/operator-size.ts'
export {
  hasExpired,
  type ListEntry,
  type MapEntry,
  type SavedEntry,
  type TimerEntry,
  type ValueEntry,
} from './inspect/saved-entry.ts'
export type {
  SavedKeyedState,
  SavedOperator,
  SavedOperatorState,
} from './inspect/saved-states.ts'
export { type SavepointMetadata, SavepointReader } from './inspect/savepoint-reader.ts'
export {
  type KeySize,
  measureStates,
  type StateSize,
} from './inspect/state-size.ts'
export type { FileProblem } from './inspect/verify-files.ts'
export { localSavepointAccess, type SavepointAccess } from './io/local-savepoint-access.ts'
export {
  type Entries,
  type NewListEntry,
  type NewMapEntry,
  type NewValueEntry,
  OperatorWriter,
} from './writer/operator-writer.ts'
export { type SavepointWriteOptions, SavepointWriter } from './writer/savepoint-writer.ts'
