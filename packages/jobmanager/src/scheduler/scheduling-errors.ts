import { type ErrorInfo, errorInfo, MillraceError } from '@millrace/core'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { SlotSummary } from '../resource-manager/slot-provider.ts'

/**
 * The job waited for slots as long as it may. It gets all it misses or none, so those that are free
 * are not what is missing, unless an earlier job keeps them.
 */
export function slotsMissing(
  counts: { readonly needed: number; readonly missing: number },
  cluster: SlotSummary,
  waitedMs: number,
): ErrorInfo {
  const { needed } = counts
  const { taskManagerCount, slotCount, freeSlotCount } = cluster
  const lacking = counts.missing - freeSlotCount
  const missing = lacking > 0 ? lacking : counts.missing
  const has =
    taskManagerCount === 0
      ? 'No TaskManager is registered'
      : `The cluster has ${slotCount} ${slotCount === 1 ? 'slot' : 'slots'} on ` +
        `${taskManagerCount} ${taskManagerCount === 1 ? 'TaskManager' : 'TaskManagers'}, ` +
        `${freeSlotCount} of them free`
  return errorInfo(
    new MillraceError(
      'SLOTS_MISSING',
      `The job needs ${needed} ${needed === 1 ? 'slot' : 'slots'}, and ` +
        `${missing} of them ${missing === 1 ? 'was' : 'were'} missing for ${waitedMs} ms. ` +
        `${has}. Start TaskManagers or give them more slots (taskmanager.numberOfTaskSlots), ` +
        'cancel another job, lower the parallelism, or raise slot.request.timeout.',
      {
        disposition: 'fail-job',
        blame: 'external',
        details: { needed, missing, slotCount, freeSlotCount, taskManagerCount },
      },
    ),
  )
}

/** The restart strategy gave up. The failure that led there comes first. */
export function restartsExhausted(failure: ErrorInfo, reason: string): ErrorInfo {
  return {
    ...failure,
    code: 'RESTARTS_EXHAUSTED',
    message: `${failure.message} (${failure.code}). ${reason}; it is not restarted again.`,
    disposition: 'fail-job',
    details: { ...failure.details, cause: failure.code },
  }
}

/** The task did not end in time after it was told to. */
export function cancellationTimedOut(vertex: ExecutionVertex, timeoutMs: number): ErrorInfo {
  const { taskName, execution } = vertex
  const where = execution.slot?.taskManagerId ?? 'an unknown TaskManager'
  return errorInfo(
    new MillraceError(
      'TASK_CANCELLATION_TIMEOUT',
      `Task ${taskName} on ${where} did not end within ${timeoutMs} ms after it was canceled, so ` +
        'the thread of its slot is ended with every task in it. A function that loops or ' +
        'blocks without returning does this; see the stack in the log of the TaskManager, or ' +
        'raise task.cancellation.timeout.',
      { disposition: 'retry', blame: 'user', details: { task: taskName, timeoutMs } },
    ),
  )
}

/** Tasks that were deployed together do not all run in time. */
export function deploymentTimedOut(late: readonly ExecutionVertex[], timeoutMs: number): ErrorInfo {
  const named = late.slice(0, lateTasksNamedMax).map(({ taskName, execution }) => {
    const where = execution.slot?.taskManagerId ?? 'an unknown TaskManager'
    return `${taskName} is ${execution.state} on ${where}`
  })
  const tasks = late.length === 1 ? '1 task' : `${late.length} tasks`
  const others = late.length - named.length
  const more = others > 0 ? `, and ${others} more` : ''
  return errorInfo(
    new MillraceError(
      'TASK_DEPLOYMENT_TIMEOUT',
      `${tasks} did not run within ${timeoutMs} ms after the deployment: ` +
        `${named.join(', ')}${more}. Look for an open(), or an import of the job's module, that ` +
        'loops, blocks, or awaits something that never comes; if it needs longer, raise ' +
        'task.deployment.timeout.',
      { disposition: 'retry', blame: 'user', details: { taskCount: late.length, timeoutMs } },
    ),
  )
}

const lateTasksNamedMax = 5

/** The task says it was canceled, though nobody asked it to. */
export function canceledUnasked({ taskName }: ExecutionVertex): ErrorInfo {
  return errorInfo(
    new MillraceError(
      'INTERNAL_ERROR',
      `Task ${taskName} was canceled by its TaskManager without being told to. The job restarts; ` +
        'look at the log of the TaskManager.',
      { disposition: 'retry', blame: 'internal' },
    ),
  )
}
