import type { JobEdge, TaskDeployment } from '@millrace/core'
import {
  type CheckpointedTask,
  SubtaskCheckpointCoordinator,
} from '../checkpoint/subtask-checkpoint-coordinator.ts'
import type { ChainControl } from './chain/chain-control.ts'
import type { StreamTaskInput } from './stream-task-input.ts'
import type { TaskServices } from './task-services.ts'

/** What of a task its part in checkpoints is made with. */
export interface CheckpointedParts
  extends Pick<
    CheckpointedTask,
    'isFinished' | 'onOver' | 'onFinalCheckpoint' | 'onStopped' | 'fail'
  > {
  readonly input: StreamTaskInput
  readonly control: ChainControl
  /** Of the graph, once the task runs. */
  readonly edgeOf: (edgeIndex: number) => JobEdge
}

/** A task's part in the checkpoints of its job. */
export function createTaskCheckpoints(
  deployment: TaskDeployment,
  services: TaskServices,
  parts: CheckpointedParts,
): SubtaskCheckpointCoordinator {
  const { job, mailbox, clock, checkpointStorage } = services
  const { input, control } = parts
  const { checkpointing } = job.state
  const task: CheckpointedTask = {
    isFinished: parts.isFinished,
    recordInput: (state, barriers) => input.record(state, barriers),
    stopRecording: () => input.stopRecording(),
    block: (channel) => input.block(channel),
    unblock: (channel) => input.unblock(channel),
    drained: () => control.drained(),
    onPerforming: () => input.suspendLocal(),
    onOver: parts.onOver,
    onFinalCheckpoint: parts.onFinalCheckpoint,
    onStopped: parts.onStopped,
    fail: parts.fail,
    wake: () => mailbox.wake(),
  }
  const completion = {
    clock,
    checkpointStorage,
    inlineSizeMaxBytes: checkpointing?.inlineSizeMaxBytes ?? 0,
    writes: services.snapshotWrites,
    post: (mail: () => void) => mailbox.post(mail),
    report: services.reportCheckpoint,
    edgeOf: parts.edgeOf,
  }
  const mode = checkpointing?.mode ?? 'EXACTLY_ONCE'
  const mayOvertake = checkpointing?.isUnaligned === true && mode === 'EXACTLY_ONCE'
  const alignedTimeoutMs = mayOvertake ? checkpointing.alignedTimeoutMs : undefined
  const options = { mode, alignedTimeoutMs }
  return new SubtaskCheckpointCoordinator(deployment, task, completion, options)
}
