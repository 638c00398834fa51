import { unreachable } from '@millrace/core'
import type { JobDetails, SavepointDetails } from '@millrace/rpc'
import { formatBytes, formatTime } from './format.ts'

/** What is being done, for who waits for it. */
export function savepointProgress(savepoint: SavepointDetails, job?: JobDetails): string {
  const { state, acknowledgedCount, taskCount } = savepoint
  const { copiedFileCount, fileCount, copiedBytes, sizeBytes } = savepoint
  switch (state) {
    case 'waiting':
      return 'waiting until every task runs'
    case 'draining':
      return 'sources have ended; what is on the way is processed'
    case 'acknowledging':
      return `${acknowledgedCount} of ${taskCount} tasks have written their state`
    case 'writing':
      return (
        `${copiedFileCount} of ${fileCount} files copied, ` +
        `${formatBytes(copiedBytes)} of ${formatBytes(sizeBytes)}`
      )
    case 'storing':
      return 'completing the last checkpoint of the job'
    case 'completed':
      return job === undefined ? 'complete' : `complete; the job is ${job.status}`
    case 'failed':
      return 'failed'
    default:
      return unreachable(state)
  }
}

/** A line of `millrace savepoint status`. */
export function describeSavepoint(savepoint: SavepointDetails): string {
  const { savepointId, goal, requestedAtMs, location, failure } = savepoint
  const what = { savepoint: '', stop: ', to stop', drain: ', to drain' }[goal]
  const how =
    failure === undefined ? savepointProgress(savepoint) : `${failure.code}: ${failure.message}`
  return `${savepointId}  begun ${formatTime(requestedAtMs)}${what}: ${how}\n  ${location}`
}
