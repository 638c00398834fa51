import type { ErrorInfo } from '@millrace/core'

/** What a process of a cluster tells the one that started it, over Node's channel between them. */
export type ProcessReport =
  /** It serves (JobManager), or is registered and has its slots (TaskManager). */
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'failed'; readonly failure: ErrorInfo }

/** Tells the parent, if there is one that listens, and lets go of it. */
export function reportToParent(report: ProcessReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) {
      resolve()
      return
    }
    process.send(report, () => {
      if (process.connected) process.disconnect()
      resolve()
    })
  })
}
