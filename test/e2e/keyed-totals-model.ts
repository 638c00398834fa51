import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the lines of jobs/keyed-totals.ts say, against what they must. */
export interface KeyedTotals {
  readonly lineCount: number
  /** Indexes that are in no line. */
  readonly lost: readonly number[]
  /** Indexes that are in more than one. */
  readonly repeated: readonly number[]
  /** Keys, and parts of keys, that were not counted 1, 2, 3, …, each number once. */
  readonly miscounted: readonly string[]
}

/**
 * Reads what was published. Which record of a key is its n-th is left to chance where two splits
 * hold records of it; that each number from 1 on is given once is not.
 */
export function readKeyedTotals(directory: string, n: number): KeyedTotals {
  const timesOfIndex = new Uint8Array(n)
  const counts = new Map<string, number[]>()
  let lineCount = 0
  for (const file of globSync(join(directory, 'part-*'))) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue
      lineCount++
      const [index = -1, key, count = 0, part, countOfPart = 0] = line.split(' ').map(Number)
      timesOfIndex[index] = (timesOfIndex[index] ?? 0) + 1
      push(counts, `key ${key}`, count)
      push(counts, `part ${part} of key ${key}`, countOfPart)
    }
  }
  const indexes = Array.from(timesOfIndex.keys())
  return {
    lineCount,
    lost: indexes.filter((index) => timesOfIndex[index] === 0).slice(0, shownMax),
    repeated: indexes.filter((index) => (timesOfIndex[index] ?? 0) > 1).slice(0, shownMax),
    miscounted: [...counts]
      .filter(([, given]) => given.sort((a, b) => a - b).some((count, at) => count !== at + 1))
      .map(([name]) => name)
      .slice(0, shownMax),
  }
}

const shownMax = 20

function push(lists: Map<string, number[]>, name: string, item: number): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}
