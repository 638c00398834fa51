import { MillraceError } from '@millrace/core'

// Ctrl-C during an attached run. On a terminal the user is asked; elsewhere the first one cancels
// the job and the second leaves. A local job ends with its process, so SIGTERM means the same
// there, without a question: temporary files are deleted on the way.

/** What an interrupt means for the run. */
export type InterruptChoice = 'cancel' | 'detach' | 'go-on'

export type InterruptSignal = 'SIGINT' | 'SIGTERM'

export interface Interrupts {
  /** Resolves once one of the signals came, also where it did before; a new promise after each. */
  next(): Promise<InterruptSignal>
  /** The same as the promise, but rejects with JOB_CANCELED once one of the signals came. */
  orInterrupted<T>(promise: Promise<T>): Promise<T>
  close(): void
}

export function listenForInterrupts(signals: readonly InterruptSignal[]): Interrupts {
  let pressed = Promise.withResolvers<InterruptSignal>()
  const onSignal = (signal: NodeJS.Signals): void => pressed.resolve(signal as InterruptSignal)
  for (const signal of signals) process.on(signal, onSignal)
  return {
    next: async () => {
      const signal = await pressed.promise
      pressed = Promise.withResolvers()
      return signal
    },
    orInterrupted: (promise) => Promise.race([promise, pressed.promise.then(refuseInterrupted)]),
    close: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}

function refuseInterrupted(signal: InterruptSignal): never {
  throw new MillraceError(
    'JOB_CANCELED',
    `${signal} came before the job ran: it was not started.`,
    {
      blame: 'user',
      disposition: 'reject-request',
    },
  )
}

/**
 * Asks what is to be done with the job. A local job cannot be left alone: it ends with the command.
 */
export async function askAboutInterrupt(options: {
  readonly jobName: string
  readonly canDetach: boolean
}): Promise<InterruptChoice> {
  const { isCancel, select } = await import('@clack/prompts')
  const detach = {
    value: 'detach' as const,
    label: 'Leave it running',
    hint: 'millrace status, millrace cancel',
  }
  const choice = await select<InterruptChoice>({
    message: `What about the job ${options.jobName}?`,
    options: [
      { value: 'cancel', label: 'Cancel it' },
      ...(options.canDetach ? [detach] : []),
      { value: 'go-on', label: 'Go on' },
    ],
  })
  // Ctrl-C once more.
  if (isCancel(choice)) return options.canDetach ? 'detach' : 'cancel'
  return choice
}
