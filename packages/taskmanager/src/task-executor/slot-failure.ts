import {
  type ErrorInfo,
  type ExecutionAttemptId,
  errorInfo,
  MillraceError,
  type ThreadExit,
  unreachable,
} from '@millrace/core'

/** What is known of a slot whose thread is gone. */
export interface LostSlot {
  readonly slotIndex: number
  /** Bound of the thread's heap; 0: Node's default. */
  readonly heapLimitBytes: number
  readonly jobName: string
  /** Tasks it was running. */
  readonly taskCount: number
}

/** Why tasks failed whose thread ended by itself. */
export function threadExitFailure(slot: LostSlot, exit: ThreadExit): ErrorInfo {
  const details = { slotIndex: slot.slotIndex, exitCode: exit.exitCode }
  const options = { cause: exit.error, disposition: 'retry', blame: 'user', details } as const
  const tasks = `${slot.taskCount} ${slot.taskCount === 1 ? 'task' : 'tasks'}`
  const subject = `The thread of slot ${slot.slotIndex} with ${tasks} of job '${slot.jobName}'`
  const outOfMemory = (): string => {
    const { heapLimitBytes: limit } = slot
    const bound = limit === 0 ? "Node's default heap" : `${limit} bytes of heap`
    const held = exit.error instanceof Error ? ` (${exit.error.message})` : ''
    return (
      `${subject} ran out of memory: it needs more than ${bound}, or more than that and 1 GB in ` +
      `buffers outside of the heap${held}. Raise taskmanager.slot.heap-size, which bounds both, ` +
      'keep less in fields of functions and in buffers, lower ' +
      'state.backend.leveldb.object-cache-size where that backend is used, or raise the ' +
      'parallelism.'
    )
  }
  switch (exit.reason) {
    case 'out-of-memory':
      return errorInfo(new MillraceError('SLOT_OUT_OF_MEMORY', outOfMemory(), options))
    case 'exited': {
      const message =
        `${subject} ended with exit code ${exit.exitCode}: code of the job called ` +
        `process.exit(). Throw an error where a task is to fail, and end the job by the end of ` +
        `its input.`
      return errorInfo(new MillraceError('SLOT_THREAD_EXITED', message, options))
    }
    case 'error': {
      const reason = exit.error === undefined ? 'an unknown error' : String(exit.error)
      const message =
        `${subject} ended by ${reason}, thrown outside of any call of the engine (a timer, an ` +
        `event or a promise of the job). Catch errors there, or hand them to a function that ` +
        `throws them.`
      return errorInfo(new MillraceError('SLOT_THREAD_EXITED', message, options))
    }
    case 'terminated': {
      const message = `${subject} was ended from outside. The tasks are tried again.`
      const external = { ...options, blame: 'external' } as const
      return errorInfo(new MillraceError('SLOT_THREAD_EXITED', message, external))
    }
    default:
      return unreachable(exit.reason)
  }
}

/** Why the other tasks of a slot failed that was ended because one of them would not cancel. */
export function cancellationTimeoutFailure(
  slotIndex: number,
  attemptId: ExecutionAttemptId,
  timeoutMs: number,
): ErrorInfo {
  const message =
    `The thread of slot ${slotIndex} was ended, because ${attemptId} in it did not answer a ` +
    `cancel within ${timeoutMs} ms: a function of it loops or waits for ever. Mend it, or raise ` +
    'task.cancellation.timeout if its close takes that long.'
  return errorInfo(
    new MillraceError('TASK_CANCELLATION_TIMEOUT', message, {
      disposition: 'retry',
      blame: 'user',
      details: { slotIndex, attemptId, timeoutMs },
    }),
  )
}

/** A thread that was terminated is still running: only the end of the process ends it. */
export function stuckThreadError(threadName: string, timeoutMs: number): MillraceError {
  const message =
    `Thread ${threadName} is still there ${timeoutMs} ms after it was terminated: it hangs in ` +
    'native code. The TaskManager ends, so that no task of an old attempt lives on.'
  return new MillraceError('TASK_CANCELLATION_TIMEOUT', message, {
    disposition: 'retry',
    blame: 'user',
    details: { threadName, timeoutMs },
  })
}
