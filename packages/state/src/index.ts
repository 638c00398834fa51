// Checkpoints
export {
  type CheckpointFile,
  checkpointIdOfMetadata,
  checkpointMetadataName,
  filesOfCheckpoint,
  filesOfSnapshot,
  inlineBytesOfCheckpoint,
  parseStateFileName,
  type StateFileName,
} from './checkpoint/checkpoint-files.ts'
export {
  decodeCheckpointMetadata,
  encodeCheckpointMetadata,
} from './checkpoint/checkpoint-metadata.ts'
export {
  collectGarbage,
  type GarbageCollection,
  type GarbageOptions,
} from './checkpoint/collect-garbage.ts'
export { CompletedCheckpointStore } from './checkpoint/completed-checkpoint-store.ts'
export {
  readCheckpointMetadata,
  readStoredCheckpoints,
  type StoredCheckpoints,
  writeCheckpointMetadata,
} from './checkpoint/completed-checkpoints.ts'
export {
  discardSavepoint,
  disposeSavepoint,
  readSavepointMetadata,
  type SavepointWriting,
  savepointMetadataName,
  writeSavepoint,
} from './checkpoint/savepoint.ts'
export {
  type CheckpointProblem,
  type CheckpointVerification,
  type VerifiedFiles,
  verifyCheckpoint,
} from './checkpoint/verify-checkpoint.ts'
// Keyed state
export { HeapKeyedStateBackend } from './heap/heap-keyed-state-backend.ts'
// Looking inside
export {
  readSavedStates,
  type SavedKeyedState,
  type SavedOperator,
  type SavedOperatorState,
} from './inspect/saved-states.ts'
export type { BackendClock, KeyedStateBackend, Namespaced } from './keyed-state-backend.ts'
// Operator state
export {
  OperatorStateBackend,
  type OperatorStateSnapshot,
  type SubtaskPlace,
} from './operator/operator-state-backend.ts'
// Checkpoint storage
export { parseS3Location, type S3Location } from './s3/s3-location.ts'
// Restoring savepoints
export { claimSavepoint, discardCheckpoint } from './savepoint/claim-savepoint.ts'
export {
  type ImportingJob,
  importSavepoint,
  type SavepointFiles,
} from './savepoint/import-savepoint.ts'
export { channelProblems } from './savepoint/mapped-channels.ts'
export {
  type OperatorMapping,
  type PlannedRestore,
  planRestore,
  type SavedOperatorContent,
  type ValueCheck,
} from './savepoint/plan-restore.ts'
export { checkValues, readSavepointContent } from './savepoint/savepoint-content.ts'
export type { KeyedSnapshot } from './snapshot/keyed-snapshot.ts'
export type { RestoreSource } from './snapshot/restore-source.ts'
export { RestoredNames } from './snapshot/restored-names.ts'
export { BackedUpCheckpointStorage } from './storage/backed-up-checkpoint-storage.ts'
export {
  CheckpointStorages,
  type CheckpointStoragesEnvironment,
} from './storage/checkpoint-storages.ts'
export { deleteFiles } from './storage/delete-files.ts'
export { FileSystemCheckpointStorage } from './storage/file-system-checkpoint-storage.ts'
export { LocalBackup } from './storage/local-backup.ts'
export { readStateBlob, writeStateBlob } from './storage/state-blob.ts'
// Timers
export { type InternalTimer, TimerQueue } from './timer/timer-queue.ts'
