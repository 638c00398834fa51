import { setTimeout as delay } from 'node:timers/promises'

/**
 * What is left of a list that others are emptying, such as files of a job that has ended; nothing
 * where they do it within 30 s.
 */
export async function untilEmpty(list: () => readonly string[]): Promise<readonly string[]> {
  for (const deadline = performance.now() + 30_000; ; await delay(50)) {
    const left = list()
    if (left.length === 0 || performance.now() > deadline) return left
  }
}
