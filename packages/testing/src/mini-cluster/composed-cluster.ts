import type { JobArguments, JobId, RestorePlan } from '@millrace/core'
import type { DispatcherGateway } from '@millrace/rpc'

// What a MiniCluster is made of. The real clock, sockets, disks, threads and the bundler come from
// outside: this package knows no composition root.

/** A job module to run, with what to call it with. */
export interface ProgramRequest {
  /** File of the module, as a path or a file URL. */
  readonly module: string | URL
  readonly args: JobArguments
  /** Configuration keys of this job. */
  readonly config: Readonly<Record<string, string>>
}

/** A JobManager that listens, in this process, with what is needed to use it. */
export interface ComposedCluster {
  /** The Dispatcher, over gRPC. */
  readonly gateway: DispatcherGateway
  /** Rejects if a process of the cluster could not go on; never resolves. */
  readonly failed: Promise<never>
  /** One more TaskManager; resolves once it is registered and its slots are free. */
  startTaskManager(slotCount: number): Promise<RunningTaskManager>
  /** Bundles, uploads and submits. */
  submitProgram(request: ProgramRequest): Promise<JobId>
  /** The same, but says only what would become of the savepoint it is to begin with. */
  planRestore(request: ProgramRequest): Promise<RestorePlan>
  /** Ends the JobManager; its TaskManagers were closed before. */
  close(): Promise<void>
}

export interface RunningTaskManager {
  /** Ends it by its own means: it says goodbye, its tasks fail over. */
  close(): Promise<void>
}

/** Starts the JobManager of a MiniCluster. `configuration`: keys and their values. */
export type ComposeCluster = (
  configuration: Readonly<Record<string, string>>,
) => Promise<ComposedCluster>
