import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One line of a probe file: how many records a subtask had handled by then. */
interface ProbePoint {
  readonly atMs: number
  readonly count: number
}

/** Records a second between two moments, over all subtasks of a role, from their probe files. */
export function rateBetween(
  directory: string,
  role: 'source' | 'sink',
  span: { readonly fromMs: number; readonly toMs: number },
): number {
  const seconds = (span.toMs - span.fromMs) / 1000
  let records = 0
  for (const points of readProbes(directory, role)) {
    records += countAt(points, span.toMs) - countAt(points, span.fromMs)
  }
  return records / seconds
}

/** When the first record came out of any sink; undefined where none has. */
export function firstOutputMs(directory: string): number | undefined {
  const firsts = readProbes(directory, 'sink').flatMap((points) => {
    const first = points.find((point) => point.count > 0)
    return first === undefined ? [] : [first.atMs]
  })
  return firsts.length === 0 ? undefined : Math.min(...firsts)
}

/** Percentiles of the sinks' latency histograms, in milliseconds. */
export function latencyPercentiles(directory: string): Readonly<Record<string, number>> {
  const buckets = new Map<number, number>()
  for (const file of globSync(join(directory, 'hist-*.txt'))) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [micros, count] = line.split(' ').map(Number)
      if (micros === undefined || count === undefined) continue
      buckets.set(micros, (buckets.get(micros) ?? 0) + count)
    }
  }
  const sorted = [...buckets].sort(([left], [right]) => left - right)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  const percentiles: Record<string, number> = {}
  for (const [name, share] of [
    ['p50', 0.5],
    ['p90', 0.9],
    ['p99', 0.99],
    ['max', 1],
  ] as const) {
    let seen = 0
    const hit = sorted.find(([, count]) => {
      seen += count
      return seen >= share * total
    })
    if (hit !== undefined) percentiles[name] = hit[0] / 1000
  }
  return percentiles
}

function readProbes(directory: string, role: string): readonly (readonly ProbePoint[])[] {
  return globSync(join(directory, `${role}-*.log`)).map((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [micros = 0, count = 0] = line.split(' ').map(Number)
        return { atMs: micros / 1000, count }
      }),
  )
}

/** Count at a moment between two points, in proportion. */
function countAt(points: readonly ProbePoint[], atMs: number): number {
  const next = points.findIndex((point) => point.atMs >= atMs)
  if (next === 0) return points[0]?.count ?? 0
  if (next < 0) return points.at(-1)?.count ?? 0
  const before = points[next - 1]
  const after = points[next]
  if (before === undefined || after === undefined) return 0
  const share = (atMs - before.atMs) / Math.max(1e-9, after.atMs - before.atMs)
  return before.count + (after.count - before.count) * share
}
