/**
 * What a job promises of its output. 'exact': each record once; 'repeats': state is exact, and
 * records may come out again; 'no-loss': records may count more than once.
 */
export type Delivery = 'exact' | 'repeats' | 'no-loss'

export interface Promised {
  readonly delivery: Delivery
  /** The job came to its end. Otherwise what there is must be a beginning. */
  readonly isWhole: boolean
}

/** How often each must be there: compares what was found. Undefined where nothing is wrong. */
export function compareCounts<T extends string | number>(
  found: Iterable<T>,
  wanted: ReadonlyMap<T, number>,
  { delivery, isWhole }: Promised,
): string | undefined {
  const counts = new Map<T, number>()
  for (const each of found) counts.set(each, (counts.get(each) ?? 0) + 1)
  for (const [each, count] of counts) {
    const most = wanted.get(each) ?? 0
    if (most === 0) return `${each} is there, and should not be`
    if (delivery === 'exact' && count > most) return `${each} is there ${count} times, not ${most}`
  }
  if (!isWhole) return undefined
  for (const [each, least] of wanted) {
    const count = counts.get(each) ?? 0
    if (count < least) return `${each} is there ${count} times, not ${least}`
  }
  return undefined
}

/** Numbers that count up from 1 for each name: none may be left out, or come twice. */
export function compareSeries(
  found: Iterable<readonly [name: string, number: number]>,
  { delivery }: Promised,
): string | undefined {
  const series = new Map<string, number[]>()
  for (const [name, number] of found) {
    const numbers = series.get(name)
    if (numbers === undefined) series.set(name, [number])
    else numbers.push(number)
  }
  for (const [name, numbers] of series) {
    const sorted = numbers.toSorted((a, b) => a - b)
    let last = 0
    for (const number of sorted) {
      const isRepeated = number === last && delivery !== 'exact'
      if (number !== last + 1 && !isRepeated) return `${name} counts ${number} after ${last}`
      last = number
    }
  }
  return undefined
}
