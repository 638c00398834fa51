// Contracts
export {
  type CheckpointStorageUnderTest,
  type TestRunner,
  testCheckpointStorage,
} from './contract/checkpoint-storage-contract.ts'
// MiniCluster

export type {
  ComposeCluster,
  ComposedCluster,
  ProgramRequest,
  RunningTaskManager,
} from './mini-cluster/composed-cluster.ts'
export { JobClient } from './mini-cluster/job-client.ts'
export { JobExecutionResult, type VertexMetrics } from './mini-cluster/job-execution-result.ts'
export {
  MiniCluster,
  type MiniClusterOptions,
  type RunOptions,
} from './mini-cluster/mini-cluster.ts'
// Simulation
export type { Plant } from './simulation/cluster/plant.ts'
export { plants } from './simulation/scenario/plants.ts'
export { Scenario, type ScenarioResult } from './simulation/scenario/scenario.ts'
