import type { TaskDeployment, TaskMetrics } from '@millrace/core'
import type { ResultPartition } from '../../network/result-partition.ts'
import type { StreamTaskInput } from '../stream-task-input.ts'
import type { TaskChain } from '../task-chain.ts'
import type { TimeAccounts } from '../time/time-accounts.ts'

/** What a task has done since it began. */
export function taskMetrics(
  { jobId, attemptId }: TaskDeployment,
  { busyMs, idleMs, backPressuredMs }: TimeAccounts,
  input: StreamTaskInput,
  chain: TaskChain | undefined,
  partitions: readonly ResultPartition[],
): TaskMetrics {
  const expired = chain?.stateEntriesExpired ?? 0
  return {
    jobId,
    attemptId,
    recordsIn: input.records + (chain?.recordsRead ?? 0),
    recordsOut: chain?.recordsWritten ?? 0,
    bytesIn: input.bytes,
    bytesOut: partitions.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    droppedByReason: expired === 0 ? {} : { 'expired state entries': expired },
    busyMs,
    idleMs,
    backPressuredMs,
  }
}
