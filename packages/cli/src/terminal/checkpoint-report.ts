import type { CheckpointStatistics, PendingCheckpointDetails } from '@millrace/rpc'
import { formatBytes, formatElapsed, formatQuantity, formatTime } from './format.ts'

const tasksNamedMax = 3

/** What `millrace status` says of a job's checkpoints. */
export function describeCheckpoints(statistics: CheckpointStatistics): string {
  const { completedCount, failedCount, latestCompleted, latestFailed, latestRestored } = statistics
  const { pending } = statistics
  const lines = [
    `checkpoints: ${completedCount} completed, ${failedCount} failed, ${pending.length} under way`,
  ]
  if (latestCompleted !== undefined) {
    const { checkpointId, triggeredAtMs, durationMs, persistedBytes } = latestCompleted
    const { writtenBytes, totalBytes } = latestCompleted
    const onTheirWay =
      persistedBytes === 0 ? '' : `, ${formatBytes(persistedBytes)} records on their way`
    lines.push(
      `  completed  ${checkpointId}, begun ${formatTime(triggeredAtMs)}, in ` +
        `${formatElapsed(durationMs)}: ${formatBytes(totalBytes)}, ` +
        `${formatBytes(writtenBytes)} of it new${onTheirWay}`,
      `             ${latestCompleted.location}`,
    )
  }
  if (latestRestored !== undefined) {
    const { checkpointId, restoredAtMs } = latestRestored
    lines.push(`  restored   ${checkpointId} at ${formatTime(restoredAtMs)}`)
  }
  if (latestFailed !== undefined) {
    const { checkpointId, failedAtMs, failure } = latestFailed
    lines.push(
      `  failed     ${checkpointId} at ${formatTime(failedAtMs)}, ${failure.code}:`,
      `             ${failure.message}`,
    )
  }
  return [...lines, ...pending.flatMap(describePending)].join('\n')
}

function describePending({
  checkpointId,
  acknowledgedCount,
  taskCount,
  waitingFor,
}: PendingCheckpointDetails): readonly string[] {
  const namesOfPhase = new Map<string, string[]>()
  for (const { taskName, phase } of waitingFor) {
    namesOfPhase.set(phase, [...(namesOfPhase.get(phase) ?? []), taskName])
  }
  return [
    `  under way  ${checkpointId}, acknowledged by ${acknowledgedCount} of ` +
      formatQuantity(taskCount, 'task'),
    ...[...namesOfPhase].map(([phase, names]) => {
      const others = names.length - tasksNamedMax
      const more = others > 0 ? ` and ${formatQuantity(others, 'other')}` : ''
      return `             ${phase}: ${names.slice(0, tasksNamedMax).join(', ')}${more}`
    }),
  ]
}
