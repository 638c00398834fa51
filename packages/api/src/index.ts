// Jobs
// State
// What sources and sinks take
export type {
  AggregateFunction,
  AggregatingState,
  Boundedness,
  BroadcastState,
  Clock,
  JobArguments,
  ListState,
  Logger,
  MapState,
  OperatorStateStore,
  ReadOnlyBroadcastState,
  ReducingState,
  StateTtlConfig,
  Timer,
  ValueState,
} from '@millrace/core'
// Types and errors
export { MillraceError, type TypeInformation, type TypeOf, types } from '@millrace/core'
export {
  CheckpointConfig,
  type CheckpointingMode,
  type ExternalizedCheckpointRetention,
} from './environment/checkpoint-config.ts'
export type { Duration, RestartStrategy } from './environment/restart-strategy.ts'
export { StreamExecutionEnvironment } from './environment/stream-execution-environment.ts'
// Functions and their state
export {
  type BroadcastContext,
  BroadcastProcessFunction,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type OnTimerBroadcastContext,
  type ReadOnlyBroadcastContext,
} from './function/broadcast-process-function.ts'
export type {
  CheckpointedFunction,
  CheckpointListener,
  FunctionInitializationContext,
  FunctionSnapshotContext,
  KeyedStateStore,
} from './function/checkpointed-function.ts'
export type { Collector } from './function/collector.ts'
export {
  type CoFlatMapFunction,
  type CoMapFunction,
  CoProcessFunction,
  type Emitted,
  type FilterFunction,
  type FlatMapFunction,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeySelector,
  type MapFunction,
  type OnTimerContext,
  type PartitionFunction,
  type ProcessContext,
  ProcessFunction,
  type ReduceFunction,
  type RichFunction,
} from './function/functions.ts'
export type { RuntimeContext } from './function/runtime-context.ts'
export type { TimeDomain, TimerService } from './function/timer-service.ts'
export { defineJob } from './job/define-job.ts'
export type { JobDefinition, JobFunction } from './job/job-definition.ts'
// Sinks
export { CollectSink } from './sink/collect-sink.ts'
export { PrintSink, type PrintSinkOptions, type TextOutput } from './sink/print-sink.ts'
export type { Committer, Sink, SinkWriter, SinkWriterContext } from './sink/sink.ts'
// Sources
export type {
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from './source/source.ts'
export { AggregatingStateDescriptor } from './state/aggregating-state-descriptor.ts'
export { ListStateDescriptor } from './state/list-state-descriptor.ts'
export { MapStateDescriptor } from './state/map-state-descriptor.ts'
export { ReducingStateDescriptor } from './state/reducing-state-descriptor.ts'
export type { StateOptions, StateTtlOptions } from './state/state-options.ts'
export { ValueStateDescriptor } from './state/value-state-descriptor.ts'
// Streams
export { BroadcastConnectedStream } from './stream/broadcast-connected-stream.ts'
export { BroadcastStream } from './stream/broadcast-stream.ts'
export { ConnectedStreams } from './stream/connected-streams.ts'
export { DataStream } from './stream/data-stream.ts'
export { DataStreamSink } from './stream/data-stream-sink.ts'
export type { NumericField, Ordered, OrderedField, Sum } from './stream/field.ts'
export { type ExtremumOptions, KeyedStream } from './stream/keyed-stream.ts'
export type { OperatorOptions } from './stream/operator-options.ts'
export { SingleOutputStreamOperator } from './stream/single-output-stream-operator.ts'
