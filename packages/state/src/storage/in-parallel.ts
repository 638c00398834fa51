/**
 * Does so many things, some at a time; returns what came of each. Where one fails none is begun any
 * more, and it rejects with that failure once those under way are over.
 */
export async function inParallel<T>(
  count: number,
  atATimeMax: number,
  once: (at: number) => Promise<T>,
): Promise<readonly T[]> {
  const results = new Array<T>(count)
  let next = 0
  let hasFailed = false
  const worker = async (): Promise<void> => {
    while (next < count && !hasFailed) {
      const at = next++
      try {
        results[at] = await once(at)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  const workers = Array.from({ length: Math.min(atATimeMax, count) }, worker)
  const failure = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected')
  if (failure !== undefined) throw (failure as PromiseRejectedResult).reason
  return results
}
