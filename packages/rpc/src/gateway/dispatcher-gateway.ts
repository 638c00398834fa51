import type {
  BundleHash,
  BundleReference,
  CheckpointPhase,
  CollectedResults,
  ErrorInfo,
  ExecutionAttemptId,
  ExecutionState,
  JobArguments,
  JobGraph,
  JobId,
  JobStatus,
  JobVertexId,
  RestorePlan,
  SavepointId,
  TaskManagerId,
  TaskMetrics,
} from '@millrace/core'
import type { RescaleAnswer, RescaleDetails, RescaleRequest } from './rescale-details.ts'
import type { SavepointDetails, SavepointRequest } from './savepoint-details.ts'

/** A job as it is submitted: a bundle uploaded before, and what to call it with. */
export interface JobSubmission {
  readonly bundle: BundleReference
  /** Version of the API the bundle was built for. */
  readonly apiVersion: string
  readonly args: JobArguments
  /** Flink's keys; they win over what the program sets. */
  readonly config: Readonly<Record<string, string>>
}

export interface JobOverview {
  readonly jobId: JobId
  readonly name: string
  readonly status: JobStatus
  readonly startedAtMs: number
  /** 0 while it runs. */
  readonly endedAtMs: number
  readonly taskCount: number
  readonly runningTaskCount: number
  /** Since it was submitted; that a new JobManager takes it over is one. */
  readonly restartCount: number
}

export interface SubtaskDetails {
  readonly subtaskIndex: number
  readonly attemptId: ExecutionAttemptId
  readonly attemptNumber: number
  readonly state: ExecutionState
  /** undefined until it was deployed. */
  readonly taskManagerId: TaskManagerId | undefined
  readonly metrics: TaskMetrics | undefined
}

export interface VertexDetails {
  readonly vertexId: JobVertexId
  readonly name: string
  readonly parallelism: number
  readonly subtasks: readonly SubtaskDetails[]
}

/** Records that went by one edge, as its two ends counted them, each when its task FINISHED. */
export interface EdgeDetails {
  /** Position in the graph's list of edges. */
  readonly edgeIndex: number
  readonly recordsSent: number
  readonly recordsReceived: number
}

/** One failure that the job met, and when it ran again. */
export interface FailureRecord {
  readonly atMs: number
  readonly failure: ErrorInfo
  /** '' where the job as a whole failed. */
  readonly taskName: string
  readonly taskManagerId: TaskManagerId | undefined
  /** From the failure to all tasks running again; undefined while that is not so. */
  readonly recoveredAfterMs: number | undefined
}

export interface JobDetails extends JobOverview {
  readonly graph: JobGraph
  readonly vertices: readonly VertexDetails[]
  /** In the order of the graph's. */
  readonly edges: readonly EdgeDetails[]
  /** Why it FAILED. */
  readonly failure: ErrorInfo | undefined
  /** The newest last, bounded. */
  readonly failures: readonly FailureRecord[]
  /** What it waits for right now ('waiting for 2 slots', 'restart in 800 ms'), else ''. */
  readonly waitingFor: string
  /** undefined where checkpointing is off. */
  readonly checkpoints: CheckpointStatistics | undefined
  /** The latest change of the parallelism; undefined where there was none. */
  readonly rescale: RescaleDetails | undefined
}

/** What became of a job's checkpoints since it was submitted, or this JobManager took it over. */
export interface CheckpointStatistics {
  readonly completedCount: number
  readonly failedCount: number
  readonly latestCompleted: CompletedCheckpointDetails | undefined
  readonly latestFailed: FailedCheckpointDetails | undefined
  readonly latestRestored: RestoredCheckpointDetails | undefined
  /** The oldest first. */
  readonly pending: readonly PendingCheckpointDetails[]
}

export interface CompletedCheckpointDetails {
  readonly checkpointId: number
  readonly triggeredAtMs: number
  readonly durationMs: number
  /** Written for it by its tasks. */
  readonly writtenBytes: number
  /** All it names, shared with earlier ones or not. */
  readonly totalBytes: number
  /** Records that were on their way, of an unaligned checkpoint; part of both. */
  readonly persistedBytes: number
  /** Where its `_metadata` is. */
  readonly location: string
}

export interface FailedCheckpointDetails {
  readonly checkpointId: number
  readonly triggeredAtMs: number
  readonly failedAtMs: number
  readonly failure: ErrorInfo
}

export interface RestoredCheckpointDetails {
  readonly checkpointId: number
  readonly restoredAtMs: number
}

export interface PendingCheckpointDetails {
  readonly checkpointId: number
  readonly triggeredAtMs: number
  readonly acknowledgedCount: number
  readonly taskCount: number
  /** Tasks that have not acknowledged yet, and how far they are. */
  readonly waitingFor: readonly {
    readonly taskName: string
    readonly phase: CheckpointPhase
  }[]
}

export interface TaskManagerOverview {
  readonly taskManagerId: TaskManagerId
  readonly dataHost: string
  readonly processId: number
  readonly slotCount: number
  readonly freeSlotCount: number
  /** 'suspended': its connection broke and it may come back. */
  readonly state: 'active' | 'suspended'
  readonly registeredAtMs: number
  readonly lastHeartbeatAgoMs: number
}

export interface ClusterOverview {
  readonly version: string
  readonly processId: number
  readonly startedAtMs: number
  readonly slotCount: number
  readonly freeSlotCount: number
  readonly taskManagers: readonly TaskManagerOverview[]
  readonly jobs: readonly JobOverview[]
}

/**
 * What clients ask of a JobManager. The Dispatcher implements it; the gRPC client is one more
 * implementation. Every method rejects with a MillraceError.
 */
export interface DispatcherGateway {
  /** Stores a bundle; asking with `chunks` of another content than `expected` is BUNDLE_CORRUPT. */
  uploadBundle(expected: BundleReference, chunks: AsyncIterable<Uint8Array>): Promise<void>
  hasBundle(hash: BundleHash): Promise<boolean>
  /**
   * Resolves when the graph is built and the job CREATED; what is wrong with the module rejects it.
   */
  submitJob(submission: JobSubmission): Promise<JobId>
  /** Builds the graph only. */
  planJob(submission: JobSubmission): Promise<JobGraph>
  /**
   * Builds the graph, and says what would become of the savepoint that the job is to begin with.
   * Rejects where none is named, or it cannot be read.
   */
  planRestore(submission: JobSubmission): Promise<RestorePlan>
  listJobs(): Promise<readonly JobOverview[]>
  requestJob(jobId: JobId): Promise<JobDetails>
  /** Resolves when canceling has begun; a job that ended already is left as it is. */
  cancelJob(jobId: JobId): Promise<void>
  /**
   * Gives a running job another parallelism. Resolves when that has begun, or would change nothing;
   * `requestJob` tells how far it is. RESCALE_REFUSED: not this job, or not now.
   */
  rescaleJob(request: RescaleRequest): Promise<RescaleAnswer>
  /**
   * Begins a savepoint, or to stop the job with one. Resolves when its target can be written;
   * `requestSavepoints` tells how far it is. SAVEPOINT_REFUSED or SAVEPOINT_TARGET_UNUSABLE: it is
   * not begun.
   */
  triggerSavepoint(request: SavepointRequest): Promise<SavepointId>
  /** Those that this JobManager took or takes of the job, the newest last; bounded. */
  requestSavepoints(jobId: JobId): Promise<readonly SavepointDetails[]>
  requestClusterOverview(): Promise<ClusterOverview>
  /** Takes results of a collect sink; waits up to `waitMsMax` for some. */
  fetchResults(request: ResultRequest): Promise<CollectedResults>
  /** The newest lines of a process's log, JSON each. */
  requestLogs(request: LogRequest): Promise<readonly string[]>
}

export interface ResultRequest {
  readonly jobId: JobId
  readonly sinkName: string
  readonly recordCountMax: number
  readonly waitMsMax: number
}

export interface LogRequest {
  /** undefined: the JobManager's own. */
  readonly taskManagerId: TaskManagerId | undefined
  readonly lineCountMax: number
}
