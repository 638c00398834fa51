// Errors and assertions
export { AssertionError, assert, unreachable } from './assert.ts'
// Checkpoints
export type {
  CheckpointCommand,
  CheckpointPurpose,
  CheckpointReport,
} from './checkpoint/checkpoint-message.ts'
export type { CheckpointMetrics, CheckpointPhase } from './checkpoint/checkpoint-metrics.ts'
export type {
  CompletedCheckpoint,
  CompletedOperator,
  CompletedVertex,
} from './checkpoint/completed-checkpoint.ts'
export type {
  ChannelRestore,
  ChannelStateHandle,
  CoordinatorState,
  KeyedStateHandle,
  OperatorRestore,
  OperatorStateHandle,
  OperatorStateMode,
  OperatorSubtaskState,
  RenamedState,
  SegmentHandle,
  StateBlob,
  TaskRestore,
  TaskStateSnapshot,
} from './checkpoint/state-handle.ts'
// Durations as text
export { parseDurationMs } from './config/duration.ts'
// Messages
export type {
  DeclaredKeyedState,
  DeclaredOperator,
  DeclaredOperatorState,
} from './control/declared-operator.ts'
export type {
  CollectedResults,
  JobHostCommand,
  JobHostEvent,
  RestoredCoordinator,
} from './control/job-host-message.ts'
export type {
  BundleReference,
  JobArguments,
  JobCheckpointing,
  JobInformation,
  JobStateOptions,
  LevelDbOptions,
} from './control/job-information.ts'
export type { PlannedState, RestorePlan, RestoreVerdict } from './control/restore-plan.ts'
export type { Session, SessionHandler, TaskManagerRegistration } from './control/session.ts'
export type {
  SlotStatus,
  TaskExecutorMessage,
  TaskManagerMessage,
} from './control/session-message.ts'
export type { SlotCommand, SlotEvent, SlotOptions } from './control/slot-thread-message.ts'
export type {
  InputChannelDeployment,
  InputGateDeployment,
  ResultPartitionDeployment,
  TaskDeployment,
} from './control/task-deployment.ts'
export type {
  ChannelCount,
  TaskExecutionState,
  TaskMetrics,
} from './control/task-execution-state.ts'
// The world outside, as code sees it
export type { CheckpointStorage } from './environment/checkpoint-storage.ts'
export type { Clock, Timer } from './environment/clock.ts'
export type {
  DataAddress,
  DataConnection,
  DataConnectionHandler,
  DataListener,
  DataTransport,
} from './environment/data-transport.ts'
export type { FileContent, FileSystem, ListedFile } from './environment/file-system.ts'
export { type LogFields, type Logger, type LogLevel, silentLogger } from './environment/logger.ts'
export { type Random, randomBelow, randomFraction, SeededRandom } from './environment/random.ts'
export {
  type S3Credentials,
  type S3StorageOptions,
  s3StorageDefaults,
} from './environment/s3-storage-options.ts'
export type {
  Thread,
  ThreadExit,
  ThreadExitReason,
  ThreadHandler,
  ThreadHost,
  ThreadKind,
  ThreadPort,
  ThreadRequest,
} from './environment/thread-host.ts'
export {
  type Blame,
  type Disposition,
  describeThrown,
  type ErrorCode,
  type ErrorInfo,
  errorCodes,
  errorFromInfo,
  errorInfo,
  isConsequence,
  MillraceError,
  type MillraceErrorOptions,
} from './errors.ts'
// Graphs
export { consumersOf, isPointwise, producersOf } from './graph/distribution.ts'
export type {
  Boundedness,
  JobEdge,
  JobGraph,
  JobOperator,
  JobVertex,
  PartitionerKind,
} from './graph/job-graph.ts'
// Ids
export {
  AllocationId,
  BundleHash,
  ExecutionAttemptId,
  JobId,
  JobVertexId,
  OperatorId,
  SavepointId,
  SessionId,
  TaskManagerId,
} from './ids.ts'
// Life of jobs and executions
export {
  type ExecutionState,
  executionStateTransitions,
  isTerminal,
} from './job/execution-state.ts'
export { isGloballyTerminal, type JobStatus, jobStatusTransitions } from './job/job-status.ts'
export { type TransitionTable, transition } from './job/transition.ts'
export { decodeKey, encodeKey, writeKey } from './key/canonical-key.ts'
export { hashKey, hashNumber, hashString } from './key/hash-key.ts'
export {
  type KeyGroupRange,
  keyGroupCount,
  keyGroupOf,
  keyGroupRange,
  subtaskOfHash,
  subtaskOfKeyGroup,
} from './key/key-group.ts'
export { keyIdentity, keyOfIdentity } from './key/key-identity.ts'
export { murmur3 } from './key/murmur3.ts'
export { ByteReader, ByteWriter } from './row/byte-writer.ts'
export { detachString } from './row/detach-string.ts'
export {
  Frame,
  type FrameTarget,
  frameHeaderBytes,
  frameSizeDefaultBytes,
  rowTag,
  shapeCountMax,
} from './row/frame.ts'
export { decodeGeneric, readGeneric } from './row/generic/read-generic.ts'
export { encodeGeneric, writeGeneric } from './row/generic/write-generic.ts'
export { type RowConsumer, RowDecoding } from './row/row-decoding.ts'
export { RowEncoding, type RowEncodingOptions } from './row/row-encoding.ts'
export { RowReader, rowsEnded, rowsPaused, rowsSuspended } from './row/row-reader.ts'
export { RowWriter } from './row/row-writer.ts'
export { type KeyMode, type RowShape, shapeText } from './row/shape/shape.ts'
// Keyed state
export type { AggregateFunction } from './state/aggregate-function.ts'
export type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from './state/keyed-state.ts'
export type {
  BroadcastState,
  OperatorStateStore,
  ReadOnlyBroadcastState,
} from './state/operator-state.ts'
export type {
  AggregatingStateDescription,
  ListStateDescription,
  MapStateDescription,
  ReducingStateDescription,
  StateDescription,
  ValueStateDescription,
} from './state/state-description.ts'
export {
  type StateEvolution,
  type StateShape,
  stateEvolution,
  stateShapeOf,
} from './state/state-evolution.ts'
export type { StateTtlConfig } from './state/state-ttl-config.ts'
export { supervise } from './supervise.ts'
export { createTypeChecker, type TypeChecker } from './type/type-check.ts'
// Types, keys, rows
export type {
  ObjectField,
  PrimitiveKind,
  TypeDescriptor,
  TypeInformation,
} from './type/type-descriptor.ts'
export { type TypeEvolution, typeEvolution } from './type/type-evolution.ts'
export { explainMismatch } from './type/type-mismatch.ts'
export { type ObjectOf, type ObjectTypes, type TupleOf, type TypeOf, types } from './type/types.ts'
