// What clients ask of a JobManager
export type {
  CheckpointStatistics,
  ClusterOverview,
  CompletedCheckpointDetails,
  DispatcherGateway,
  EdgeDetails,
  FailedCheckpointDetails,
  FailureRecord,
  JobDetails,
  JobOverview,
  JobSubmission,
  LogRequest,
  PendingCheckpointDetails,
  RestoredCheckpointDetails,
  ResultRequest,
  SubtaskDetails,
  TaskManagerOverview,
  VertexDetails,
} from './gateway/dispatcher-gateway.ts'
// What JobManager and TaskManagers ask of each other
export { JobMasterGateway } from './gateway/job-master-gateway.ts'
export type {
  RescaleAnswer,
  RescaleCause,
  RescaleDetails,
  RescaleRequest,
  RescaleState,
} from './gateway/rescale-details.ts'
export { ResourceManagerGateway } from './gateway/resource-manager-gateway.ts'
export type {
  SavepointDetails,
  SavepointGoal,
  SavepointRequest,
  SavepointState,
} from './gateway/savepoint-details.ts'
export { TaskExecutorGateway } from './gateway/task-executor-gateway.ts'
// gRPC
export {
  createDispatcherClient,
  type DispatcherClient,
  type DispatcherClientOptions,
} from './grpc/dispatcher-client.ts'
export { fetchBundle } from './grpc/fetch-bundle.ts'
export { GrpcSessionConnector } from './grpc/grpc-session-connector.ts'
export type { ReadBundle } from './grpc/resource-manager-service.ts'
export { type RpcServer, type RpcServerOptions, startRpcServer } from './grpc/rpc-server.ts'
// Liveness
export { type LivenessListener, startLivenessListener } from './io/liveness-listener.ts'
export { TcpLivenessProbe } from './io/tcp-liveness-probe.ts'
// Sessions
export type { Liveness, LivenessProbe } from './session/liveness-probe.ts'
export type {
  ConnectionOrigin,
  Epoch,
  SessionFrame,
  SessionTraffic,
} from './session/session-frame.ts'
export type {
  SessionEnvironment,
  SessionServerHandler,
  TaskManagerSessionHandler,
} from './session/session-handlers.ts'
export {
  type SessionOptions,
  type SessionServerOptions,
  sessionOptionsDefault,
} from './session/session-options.ts'
export { SessionServer } from './session/session-server.ts'
export type {
  JobManagerWire,
  JobManagerWireHandler,
  SessionConnector,
  SessionWire,
  SessionWireHandler,
  TaskManagerWire,
  TaskManagerWireHandler,
} from './session/session-wire.ts'
export { TaskManagerSessionClient } from './session/task-manager-session-client.ts'
