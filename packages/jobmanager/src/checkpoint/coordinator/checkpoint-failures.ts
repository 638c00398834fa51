import { type ErrorInfo, errorInfo, MillraceError } from '@millrace/core'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import type { PendingCheckpoint } from './pending-checkpoint.ts'
import type { SavepointRequest } from './requested-savepoint.ts'

const tasksNamedMax = 5

/** It took too long: names the tasks that are late, and what each is doing. */
export function checkpointExpired(
  pending: PendingCheckpoint,
  timeoutMs: number,
  taskCount: number,
): ErrorInfo {
  const { checkpointId, lateTasks } = pending
  const details = { checkpointId, timeoutMs, lateTaskCount: lateTasks.length }
  const advice =
    'Raise execution.checkpointing.timeout, or look for what holds them up: backpressure before ' +
    'a task that waits for a barrier, one slow input of a task that aligns, slow storage under ' +
    'one that writes.'
  return failure(
    'CHECKPOINT_EXPIRED',
    `Checkpoint ${checkpointId} expired after ${timeoutMs} ms: ` +
      `${whatIsLate(pending, taskCount)}. ${advice}`,
    details,
  )
}

/** A task said that it cannot take part. */
export function checkpointDeclined(
  checkpointId: number,
  { taskName }: ExecutionVertex,
  cause: ErrorInfo,
): ErrorInfo {
  return {
    ...failure(
      'CHECKPOINT_DECLINED',
      `Checkpoint ${checkpointId} was declined by task ${taskName}: ${cause.message} The task ` +
        'goes on, and the next checkpoint is tried.',
      { checkpointId, task: taskName, cause: cause.code },
    ),
    stack: cause.stack,
  }
}

/** It was given up because of what happened to the job. */
export function checkpointAborted(checkpointId: number, why: string): ErrorInfo {
  const message = `Checkpoint ${checkpointId} was given up: ${why}.`
  return failure('CHECKPOINT_ABORTED', message, { checkpointId })
}

/** The job waits for the outcome of a write to go on. */
export function storingTakesTooLong(checkpointId: number, waitMs: number): ErrorInfo {
  return failure(
    'CHECKPOINT_FAILED',
    `its metadata was not written within ${waitMs} ms after the job failed, which goes on from ` +
      'the checkpoint before.',
    { checkpointId },
  )
}

/** `_metadata` could not be written, or nobody knows whether it was. */
export function checkpointNotStored(checkpointId: number, why: string): ErrorInfo {
  return failure(
    'CHECKPOINT_FAILED',
    `Checkpoint ${checkpointId} was acknowledged by all tasks and could not be completed: ${why}`,
    { checkpointId },
  )
}

/** A savepoint that was begun comes to nothing. */
export function savepointFailed(request: SavepointRequest, cause: ErrorInfo): ErrorInfo {
  const { savepointId, goal, location } = request
  const goesOn =
    goal === 'drain'
      ? 'What its sources had ended for is undone: the job goes on from its latest checkpoint.'
      : 'The job goes on as before.'
  return failure(
    'SAVEPOINT_FAILED',
    `Savepoint ${savepointId} was not taken: ${cause.message} Nothing is left in ${location}. ` +
      (goal === 'savepoint' ? 'The job is not touched by it.' : goesOn),
    { savepointId, location, cause: cause.code },
  )
}

/** The job ended or failed while its sources did. */
export function drainAborted(why: string): ErrorInfo {
  return failure('CHECKPOINT_ABORTED', `Its sources were ending: ${why}.`, {})
}

/** A drained job has no checkpoint that says so. */
export function drainFailed({ savepointId }: SavepointRequest, cause: ErrorInfo): ErrorInfo {
  return failure(
    'SAVEPOINT_FAILED',
    `Its sources had ended for savepoint ${savepointId}, which was not taken: ${cause.message}`,
    { savepointId, cause: cause.code },
  )
}

/** More failed in a row than the job allows. */
export function checkpointFailuresExceeded(
  failures: { readonly count: number; readonly tolerable: number },
  latest: ErrorInfo,
): ErrorInfo {
  const { count, tolerable } = failures
  return failure(
    'CHECKPOINT_FAILURES_EXCEEDED',
    `${count} checkpoints in a row failed, and ` +
      `execution.checkpointing.tolerable-failed-checkpoints allows ${tolerable}. The latest: ` +
      latest.message,
    { count, tolerable, cause: latest.code },
  )
}

/** No checkpoint is left that could be restored. */
export function noCheckpointLeft(cause: ErrorInfo, why: string): ErrorInfo {
  return {
    ...cause,
    message:
      `${cause.message} ${why} The job is not started from nothing, which would repeat what it ` +
      'has put out: repair the checkpoint directory, or submit the job anew.',
    disposition: 'fail-job',
  }
}

/** Whether it cannot be restored. Not so where storage cannot be reached just now. */
export function isCheckpointDamage(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false
  return error.code === 'CHECKPOINT_CORRUPT' || error.code === 'FILE_NOT_FOUND'
}

function whatIsLate(pending: PendingCheckpoint, taskCount: number): string {
  if (pending.state === 'snapshotting-coordinators') {
    return "the job host did not answer with its coordinators' state"
  }
  const { lateTasks } = pending
  const named = lateTasks
    .slice(0, tasksNamedMax)
    .map(({ vertex, phase }) => `${vertex.taskName}: ${phase}`)
  const others = lateTasks.length - named.length
  const more = others > 0 ? `, and ${others} more` : ''
  return (
    `${lateTasks.length} of ${taskCount} tasks did not acknowledge ` +
    `(${named.join(', ')}${more})`
  )
}

function failure(
  code: ErrorInfo['code'],
  message: string,
  details: ErrorInfo['details'],
): ErrorInfo {
  return errorInfo(
    new MillraceError(code, message, { disposition: 'retry', blame: 'external', details }),
  )
}
