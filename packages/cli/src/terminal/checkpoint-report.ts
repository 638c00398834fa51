import type { CheckpointStatistics } from '@millrace/rpc'
import { formatBytes, formatElapsed, formatQuantity, formatTime } from './format.ts'

/** What `millrace status` says of a job's checkpoints. */
export function describeCheckpoints(statistics: CheckpointStatistics): string {
  const { completedCount, failedCount, latestCompleted, latestFailed, latestRestored } = statistics
  const lines = [
    `Checkpoints: ${completedCount} completed, ${failedCount} failed, ` +
      `${statistics.pending.length} under way.`,
  ]
  if (latestCompleted !== undefined) {
    const { checkpointId, triggeredAtMs, durationMs, writtenBytes, totalBytes } = latestCompleted
    lines.push(
      `Latest completed: ${checkpointId} of ${formatTime(triggeredAtMs)} in ` +
        `${formatElapsed(durationMs)}, ${formatBytes(writtenBytes)} written, ` +
        `${formatBytes(totalBytes)} in all, ${latestCompleted.location}`,
    )
  }
  if (latestFailed !== undefined) {
    const { checkpointId, failedAtMs, failure } = latestFailed
    lines.push(
      `Latest failed: ${checkpointId} at ${formatTime(failedAtMs)}: ${failure.code}: ` +
        failure.message,
    )
  }
  if (latestRestored !== undefined) {
    const { checkpointId, restoredAtMs } = latestRestored
    lines.push(`Latest restored: ${checkpointId} at ${formatTime(restoredAtMs)}`)
  }
  for (const { checkpointId, acknowledgedCount, taskCount, waitingFor } of statistics.pending) {
    const late = waitingFor.map(({ taskName, phase }) => `${taskName}: ${phase}`).join(', ')
    lines.push(
      `Under way: ${checkpointId}, ${acknowledgedCount} of ${formatQuantity(taskCount, 'task')} ` +
        `acknowledged${late === '' ? '' : `; ${late}`}`,
    )
  }
  return lines.join('\n')
}
