import type { JobId, JobVertexId, OperatorId } from '../ids.ts'
import type { CoordinatorState, TaskStateSnapshot } from './state-handle.ts'

/** What `_metadata` holds: all that is needed to restore, to verify and to delete. */
export interface CompletedCheckpoint {
  readonly jobId: JobId
  readonly jobName: string
  /** Counts up from 1 within a job, over restarts of the JobManager too; never reused. */
  readonly checkpointId: number
  /** Of the JobManager that completed it. */
  readonly epoch: number
  readonly triggeredAtMs: number
  readonly completedAtMs: number
  readonly vertices: readonly CompletedVertex[]
  readonly coordinators: readonly CoordinatorState[]
}

export interface CompletedVertex {
  readonly vertexId: JobVertexId
  readonly parallelism: number
  readonly operators: readonly { readonly operatorId: OperatorId; readonly name: string }[]
  /** By subtask. */
  readonly subtasks: readonly TaskStateSnapshot[]
}
