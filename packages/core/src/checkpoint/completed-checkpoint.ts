import type { JobId, JobVertexId, OperatorId } from '../ids.ts'
import type { CoordinatorState, RenamedState, TaskStateSnapshot } from './state-handle.ts'

/** What `_metadata` holds: all that is needed to restore, to verify and to delete. */
export interface CompletedCheckpoint {
  /** Its files belong to the job and are shared with other checkpoints, or are its owner's alone. */
  readonly kind: 'checkpoint' | 'savepoint'
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
  readonly operators: readonly CompletedOperator[]
  /** By subtask. */
  readonly subtasks: readonly TaskStateSnapshot[]
}

export interface CompletedOperator {
  readonly operatorId: OperatorId
  readonly name: string
  /** Names of its keyed states that are not to be restored: whoever goes on gave them up. */
  readonly droppedStates: readonly string[]
  /** Its keyed states that have another name for whoever goes on. */
  readonly renamedStates: readonly RenamedState[]
}
