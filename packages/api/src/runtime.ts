// Building
export { buildJob, type JobInputs } from './graph/build-job.ts'
export { graphHash } from './graph/job-graph-generator.ts'
export type {
  BuiltJob,
  ChainingStrategy,
  NodeBody,
  Partitioning,
  StreamEdge,
  StreamGraph,
  StreamNode,
} from './graph/stream-graph.ts'
// Job host
export { JobHost, type JobModuleLoader } from './job-host/job-host.ts'
// Operators
export type { SinkWriterServices } from './operators/sink-context.ts'
export { SinkWriterOperator } from './operators/sink-writer-operator.ts'
export { SourceOperator, type SourceOperatorServices } from './operators/source-operator.ts'
export type {
  ChainCode,
  CheckpointedOperator,
  OperatorContext,
  StateInitializationContext,
  StreamOperator,
} from './operators/stream-operator.ts'
