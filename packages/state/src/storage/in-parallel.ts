/** Files that are copied at the same time: a store may be far away. */
export const copiesMax = 8

/**
 * Does something with each item, some at a time; returns what came of each. Where one fails none is
 * begun any more, and it rejects with that failure once those under way are over.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atATimeMax: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Array<Result>(items.length)
  let next = 0
  let failure: { readonly error: unknown } | undefined
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const at = next++
      try {
        results[at] = await work(items[at] as Item)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atATimeMax, items.length) }, worker))
  if (failure !== undefined) throw (failure as { readonly error: unknown }).error
  return results
}
