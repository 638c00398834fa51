import { MillraceError, type ThreadExit, unreachable } from '@millrace/core'

/** The job host did not answer with a graph in time. */
export function jobHostBuildTimedOut(timeoutMs: number): MillraceError {
  return new MillraceError(
    'JOB_HOST_LOST',
    `The job's module was not loaded and its graph not built within ${timeoutMs} ms. The module ` +
      'or the job function loops, blocks, or awaits something that never comes; its thread was ' +
      'ended. A module that really needs longer may have it: jobmanager.job-host.build-timeout.',
    { disposition: 'fail-job', blame: 'user', details: { timeoutMs } },
  )
}

/** The job host did not answer with another graph in time; the job goes on as it is. */
export function jobHostRebuildTimedOut(timeoutMs: number): MillraceError {
  return new MillraceError(
    'RESCALE_FAILED',
    `The job function did not describe its graph anew within ${timeoutMs} ms: it loops, blocks, ` +
      'or awaits something that never comes. The job goes on as it is. A function that really ' +
      'needs longer may have it: jobmanager.job-host.build-timeout.',
    { disposition: 'reject-request', blame: 'user', details: { timeoutMs } },
  )
}

/** The thread ended though the job was not over. Only this job is affected. */
export function jobHostLost(exit: ThreadExit, heapLimitBytes: number): MillraceError {
  return new MillraceError(
    'JOB_HOST_LOST',
    `The job host, the thread of the JobManager that runs the job's own code, ended: ${causeOf(
      exit,
      heapLimitBytes,
    )}`,
    {
      cause: exit.error,
      disposition: 'fail-job',
      blame: exit.reason === 'terminated' ? 'internal' : 'user',
      details: { reason: exit.reason, exitCode: exit.exitCode },
    },
  )
}

/** The graph is not built any more. */
export function buildCanceled(): MillraceError {
  return new MillraceError('JOB_CANCELED', 'The job was canceled before its graph was built.', {
    disposition: 'reject-request',
    blame: 'user',
  })
}

/** The thread that gathered results is closed. */
export function resultsGone(): MillraceError {
  return new MillraceError(
    'JOB_HOST_LOST',
    'The results of this job are not kept any more: the thread that gathered them was closed. ' +
      'Fetch them while the job runs or soon after it ends.',
    { disposition: 'reject-request', blame: 'user' },
  )
}

function causeOf(exit: ThreadExit, heapLimitBytes: number): string {
  switch (exit.reason) {
    case 'exited':
      return (
        `its code called process.exit(${exit.exitCode}). A job must not end its process: ` +
        'throw an error instead.'
      )
    case 'out-of-memory': {
      const limit = heapLimitBytes > 0 ? ` of ${heapLimitBytes} bytes` : ''
      return (
        `it ran out of memory${limit}. Look for what the module or a split enumerator keeps, ` +
        'or raise jobmanager.job-host.heap-size.'
      )
    }
    case 'error':
      return (
        `an error was thrown outside of any call (${exit.error?.message ?? 'no message'}). ` +
        'Catch it where it arises, for example in a timer, an event listener or a promise.'
      )
    case 'terminated':
      return 'it was terminated. The log of the JobManager says by what.'
    default:
      return unreachable(exit.reason)
  }
}
