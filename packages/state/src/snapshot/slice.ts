import type { Clock } from '@millrace/core'

/** Long work that says at times that it could be interrupted. */
export type Sliced<T> = Generator<void, T, void>

const sliceMs = 0.5

/** Goes on with some work for about `budgetMs`; whether it is done. */
export function runSlice(
  work: Sliced<unknown>,
  clock: Pick<Clock, 'monotonicMs'>,
  budgetMs: number,
): boolean {
  const endMs = clock.monotonicMs() + budgetMs
  for (;;) {
    if (work.next().done === true) return true
    if (clock.monotonicMs() >= endMs) return false
  }
}

/**
 * Does some work in slices; whatever else there is to do has its turn between them. `checkWanted`
 * is called after each of these turns; what it throws ends the work.
 */
export async function runSliced<T>(
  work: Sliced<T>,
  clock: Pick<Clock, 'monotonicMs' | 'setImmediate'>,
  checkWanted?: () => void,
): Promise<T> {
  for (let endMs = clock.monotonicMs() + sliceMs; ; ) {
    const step = work.next()
    if (step.done === true) return step.value
    if (clock.monotonicMs() < endMs) continue
    await new Promise<void>((resolve) => clock.setImmediate(resolve))
    checkWanted?.()
    endMs = clock.monotonicMs() + sliceMs
  }
}
