import type {
  CheckpointStorage,
  Clock,
  FileSystem,
  Logger,
  Random,
  SessionId,
  ThreadHost,
} from '@millrace/core'
import type { HighAvailabilityServices } from './high-availability/high-availability-services.ts'

/** The world as the JobManager sees it. */
export interface JobManagerEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly threadHost: ThreadHost
  readonly fileSystem: FileSystem
  /** Where the checkpoints of a job are; `directory` is the job's own, a path or a URL. */
  readonly checkpointStorage: (directory: string) => CheckpointStorage
  readonly highAvailability: HighAvailabilityServices
  /** The newest lines of the JobManager's own log, JSON each. */
  readonly readLog: (lineCountMax: number) => Promise<readonly string[]>
  /** Since the TaskManager of this session was heard last; undefined where it is over. */
  readonly lastHeartbeatAgoMs: (sessionId: SessionId) => number | undefined
  /** The process cannot go on (JOB_MANAGER_SUPERSEDED): ends it without any further step. */
  readonly onFatalError: (error: Error) => void
}

export interface JobManagerOptions {
  /** Of the build, as `millrace --version` prints it. */
  readonly version: string
  /** Of the API in this build; bundles are made for one. */
  readonly apiVersion: string
  readonly processId: number
  /** Absolute path; the folder is made if there is none. */
  readonly bundleDirectory: string
  /** Of all bundles together. */
  readonly bundleStoreSizeMaxBytes: number
  /** What every job's configuration begins with. */
  readonly clusterConfig: Readonly<Record<string, string>>
  /** 0: Node's default. */
  readonly jobHostHeapLimitBytes: number
  /** How long a job's module may take to be imported and to build its graph. */
  readonly jobHostBuildTimeoutMs: number
  /** Ended jobs that are remembered. */
  readonly jobStoreCapacityMax: number
  /** How long results of collect sinks can be fetched after the job's end or the last fetch. */
  readonly resultRetentionMs: number
  /** How long jobs may take to end when the JobManager closes. */
  readonly shutdownTimeoutMs: number
  /** How often the JobManager looks whether it is the leader still. */
  readonly leadershipCheckIntervalMs: number
}

/** Defaults of what has a sensible one. */
export const jobManagerOptionsDefault: Omit<
  JobManagerOptions,
  'version' | 'apiVersion' | 'processId' | 'bundleDirectory'
> = {
  bundleStoreSizeMaxBytes: 1_073_741_824,
  clusterConfig: {},
  jobHostHeapLimitBytes: 0,
  jobHostBuildTimeoutMs: 60_000,
  jobStoreCapacityMax: 100,
  resultRetentionMs: 60_000,
  shutdownTimeoutMs: 5_000,
  leadershipCheckIntervalMs: 1_000,
}
