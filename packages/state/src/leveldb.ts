// Loaded only where state is kept: it brings a native add-on with it.
export { LevelDbKeyedStateBackend } from './leveldb/leveldb-keyed-state-backend.ts'
