import type { BuiltJob } from '@millrace/api/runtime'
import type {
  CheckpointReport,
  CheckpointStorage,
  Clock,
  JobInformation,
  JobVertexId,
  KeyGroupRange,
  LevelDbOptions,
  Logger,
  OperatorId,
  Random,
  SlotOptions,
  TaskDeployment,
  TaskExecutionState,
} from '@millrace/core'
import type { KeyedStateBackend } from '@millrace/state'
import type { InputNetwork } from '../network/input-gate.ts'
import type { Mailbox } from './mailbox.ts'
import type { StreamTask } from './stream-task.ts'
import type { ProcessingTimeService } from './time/processing-time-service.ts'

/** What a slot gives its tasks. */
export interface TaskServices extends InputNetwork {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly options: SlotOptions
  readonly job: JobInformation
  readonly mailbox: Mailbox
  readonly processingTime: ProcessingTimeService
  /** A graph whose vertex no attempt has used yet. */
  buildGraph(vertexId: JobVertexId): Promise<BuiltJob>
  /** Of the job; undefined where it takes no checkpoints. */
  readonly checkpointStorage: CheckpointStorage | undefined
  /** Snapshots that are being written, of tasks that are over too. */
  readonly snapshotWrites: { underWay: number }
  /** An empty backend whose database has this name, which no other ever has. */
  readonly openLevelDb: (
    name: string,
    keyGroups: KeyGroupRange,
    options: LevelDbOptions & { readonly isCheckpointed: boolean },
  ) => Promise<KeyedStateBackend>
  report(state: TaskExecutionState): void
  reportCheckpoint(report: CheckpointReport): void
  /** An operator's event for its coordinator in the job host. */
  sendOperatorEvent(deployment: TaskDeployment, operatorId: OperatorId, event: Uint8Array): void
  /** The task has ended and holds nothing any more. */
  onEnded(task: StreamTask): void
}
