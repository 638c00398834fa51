import type {
  CheckpointStorage,
  Clock,
  JobHostCommand,
  JobId,
  Logger,
  TaskManagerId,
} from '@millrace/core'
import type { TaskExecutorGateway } from '@millrace/rpc'
import type { JobSchedulerEvent } from '../../scheduler/job-scheduler-event.ts'
import type { JobCheckpointLog } from './job-checkpoint-log.ts'

/** What the commands of one job's CheckpointCoordinator are executed with. */
export interface CheckpointWorld {
  readonly jobId: JobId
  readonly jobName: string
  readonly clock: Clock
  readonly logger: Logger
  readonly storage: CheckpointStorage
  /** Of a savepoint: `location` is its own directory. */
  readonly storageOf: (location: string) => CheckpointStorage
  readonly log: JobCheckpointLog
  /** undefined where the TaskManager is gone. */
  readonly taskExecutor: (taskManagerId: TaskManagerId) => TaskExecutorGateway | undefined
  readonly jobHost: { post(command: JobHostCommand): void }
  /** What came of it. */
  readonly handle: (event: JobSchedulerEvent) => void
}
