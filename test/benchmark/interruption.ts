import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const cleanUps = new Set<() => Promise<void>>()
let isInterrupted = false

/** Does `work`, then `cleanUp`, also when it throws and when the process is interrupted. */
export async function withCleanUp<T>(
  cleanUp: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  cleanUps.add(cleanUp)
  try {
    return await work()
  } finally {
    // What is interrupted fails in some way or other, which nobody wants to know.
    if (isInterrupted) await new Promise<never>(() => {})
    cleanUps.delete(cleanUp)
    await cleanUp()
  }
}

/** From now on Ctrl-C ends what was begun, newest first, and then this process. */
export function cleanUpWhenInterrupted(): void {
  for (const signal of signals) {
    process.on(signal, () => {
      if (isInterrupted) return
      isInterrupted = true
      void cleanUpAll().finally(() => process.exit(128 + constants.signals[signal]))
    })
  }
}

async function cleanUpAll(): Promise<void> {
  process.stderr.write('interrupted: cleaning up\n')
  for (const cleanUp of [...cleanUps].reverse()) {
    await cleanUp().catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
  }
}
