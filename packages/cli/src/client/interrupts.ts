// Ctrl-C during an attached run. On a terminal the user is asked; elsewhere the first one cancels
// the job and the second leaves.

/** What an interrupt means for the run. */
export type InterruptChoice = 'cancel' | 'detach' | 'go-on'

export interface Interrupts {
  /** Resolves once Ctrl-C was pressed; a new promise after each. */
  next(): Promise<void>
  close(): void
}

export function listenForInterrupts(): Interrupts {
  let pressed = Promise.withResolvers<void>()
  const onInterrupt = (): void => pressed.resolve()
  process.on('SIGINT', onInterrupt)
  return {
    next: async () => {
      await pressed.promise
      pressed = Promise.withResolvers<void>()
    },
    close: () => void process.off('SIGINT', onInterrupt),
  }
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
