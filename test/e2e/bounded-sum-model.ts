import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What jobs/bounded-sum.ts must have written: as many lines as records, the last of a key its sum.
 */
export function expectedSums(count: number, keys: number): ReadonlyMap<number, number> {
  const sums = new Map<number, number>()
  for (let value = 0; value < count; value++) {
    sums.set(value % keys, (sums.get(value % keys) ?? 0) + value)
  }
  return sums
}

export function readSums(directory: string): {
  readonly lineCount: number
  readonly sums: ReadonlyMap<number, number>
} {
  const sums = new Map<number, number>()
  let lineCount = 0
  for (const file of globSync(join(directory, 'part-*'))) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue
      lineCount++
      const [key = 0, sum = 0] = line.split(' ').map(Number)
      sums.set(key, Math.max(sums.get(key) ?? 0, sum))
    }
  }
  return { lineCount, sums }
}
