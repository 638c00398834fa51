import { setTimeout as delay } from 'node:timers/promises'
import { countSince, countUntil, refuseWrongCounts } from './probe-log.ts'

const pollMs = 200
const timeoutMs = 300_000
/** So many keys more than there are, since one subtask may be ahead of another. */
const margin = 1.2

/** How many outputs after a moment show the count of every key; 0: the job does not verify. */
export function outputsOfEveryKey(options: {
  readonly job: string
  readonly args: Readonly<Record<string, string>>
}): number {
  return options.job === 'verified-count' ? Number(options.args['keys']) * margin : 0
}

/**
 * Waits until a job that verifies its counts has shown those of every key since a moment, by which
 * its state was restored; throws where one was wrong at any time, or a key was not there before.
 */
export async function verifyCounts(
  directory: string,
  sinceMs: number,
  options: Parameters<typeof outputsOfEveryKey>[0],
): Promise<void> {
  const before = countUntil(directory, sinceMs)
  if (sinceMs > 0 && before < outputsOfEveryKey(options) / margin) {
    throw new Error(`Only ${before} records came out before it was time: take a longer --warm`)
  }
  await awaitEveryKey(directory, sinceMs, options)
  refuseWrongCounts(directory)
}

/** Waits until so much has come out since a moment that every key was among it. */
export async function awaitEveryKey(
  directory: string,
  sinceMs: number,
  options: Parameters<typeof outputsOfEveryKey>[0],
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (countSince(directory, sinceMs) < outputsOfEveryKey(options)) {
    refuseWrongCounts(directory)
    if (performance.now() > deadlineMs) throw new Error(`Some keys never came: ${directory}`)
    await delay(pollMs)
  }
}
