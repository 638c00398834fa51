// Files

// The console
export { PrintSink, type PrintSinkOptions } from '@millrace/api'
// Generated data
export type { DataGenEnumeratorState } from './datagen/datagen-enumerator.ts'
export { DataGenSource } from './datagen/datagen-source.ts'
export type { DataGenSplit } from './datagen/datagen-split.ts'
export type { DataGenSourceOptions } from './datagen/options.ts'
// Nowhere
export { DiscardSink } from './discard/discard-sink.ts'
export type { FileEnumeratorState } from './file/file-enumerator.ts'
export { FileSink } from './file/file-sink.ts'
export { FileSource } from './file/file-source.ts'
export type { FileSplit } from './file/file-split.ts'
export type { FileSinkOptions, FileSourceOptions } from './file/options.ts'
export type { FileCommittable, FileWriterState } from './file/sink/part-file.ts'
export {
  OnCheckpointRollingPolicy,
  type PartFileInfo,
  type RollingPolicy,
  SizeAndTimeRollingPolicy,
  type SizeAndTimeRollingPolicyOptions,
} from './file/sink/rolling-policy.ts'
// Sockets
export type { SocketTextSourceOptions } from './socket/options.ts'
export { SocketTextSource } from './socket/socket-text-source.ts'
