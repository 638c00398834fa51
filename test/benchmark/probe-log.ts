import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type CheckpointFigures, median, most } from './measurement.ts'

/** One line of a probe file: how many records a subtask had handled by then. */
interface ProbePoint {
  readonly atMs: number
  readonly count: number
}

export interface CompletedCheckpoint {
  readonly durationMs: number
  readonly writtenBytes: number
  readonly totalBytes: number
  readonly inFlightBytes: number
}

const failureTimeoutMs = 30_000
const failurePollMs = 10

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

/** The longest stretch without a record in each second between two moments, of every subtask. */
export function pausesBetween(
  directory: string,
  span: { readonly fromMs: number; readonly toMs: number },
): readonly number[] {
  return globSync(join(directory, 'pauses-*.log')).flatMap((file) =>
    linesOf(file).flatMap((line) => {
      const [micros = 0, longest = 0] = line.split(' ').map(Number)
      const atMs = micros / 1000
      return atMs >= span.fromMs && atMs <= span.toMs ? [longest / 1000] : []
    }),
  )
}

/** When a task threw, milliseconds since 1970; waits for it. */
export async function failureMs(directory: string): Promise<number> {
  const file = join(directory, 'fail.txt')
  const deadlineMs = performance.now() + failureTimeoutMs
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') {
    if (performance.now() > deadlineMs) throw new Error(`No task has thrown: ${file} is missing`)
    await delay(failurePollMs)
  }
  return Number(readFileSync(file, 'utf8')) / 1000
}

/**
 * What a strike at `atMs` did to the output, by the progress of the sinks that were opened after it
 * (what earlier ones still count while they are closed is no output): the longest silence, and the
 * time until every subtask has written again. Undefined while not every one has. Sinks that were
 * opened after `untilMs` do not matter.
 */
export function outputGap(
  directory: string,
  atMs: number,
  parallelism: number,
  untilMs: number = Number.POSITIVE_INFINITY,
): { readonly gapMs: number; readonly allSubtasksMs: number } | undefined {
  const sinks = readProbes(directory, 'sink')
    .filter(([opened]) => opened !== undefined && opened.atMs > atMs && opened.atMs < untilMs)
    .map((points) => points.filter((point) => point.count > 0).map((point) => point.atMs))
  const firsts = sinks.flatMap((moments) => moments[0] ?? [])
  if (firsts.length < parallelism) return undefined
  const moments = [atMs, ...sinks.flat()].sort((left, right) => left - right)
  const silences = moments.map((moment, index) => moment - (moments[index - 1] ?? moment))
  return { gapMs: most(silences), allSubtasksMs: most(firsts) - atMs }
}

/** The longest time between two outputs of any sinks, at any moment of the span. */
export function longestSilence(
  directory: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number {
  const inside = outputMoments(directory).filter((atMs) => atMs > fromMs && atMs < toMs)
  const moments = [fromMs, ...inside, toMs]
  return most(moments.map((moment, index) => moment - (moments[index - 1] ?? moment)))
}

/** What the outputs of the job that stopped and of the one that went on from there say. */
export function resumption(
  out: string,
  resumed: string,
  submittedMs: number,
): { readonly resumeMs: number; readonly gapMs: number } {
  const firstMs = firstOutputMs(resumed) ?? Number.NaN
  const lastMs = outputMoments(out).at(-1) ?? Number.NaN
  return { resumeMs: firstMs - submittedMs, gapMs: firstMs - lastMs }
}

/** When anything came out of any sink, in order. */
function outputMoments(directory: string): readonly number[] {
  const moments = readProbes(directory, 'sink').flatMap((points) =>
    points.flatMap(({ atMs, count }, index) =>
      count > (points[index - 1]?.count ?? 0) ? [atMs] : [],
    ),
  )
  return moments.sort((left, right) => left - right)
}

/** How many records came out of the sinks that were opened after a moment. */
export function countSince(directory: string, atMs: number): number {
  const counts = readProbes(directory, 'sink')
    .filter(([opened]) => opened !== undefined && opened.atMs > atMs)
    .map((points) => points.at(-1)?.count ?? 0)
  return counts.reduce((sum, count) => sum + count, 0)
}

/** How many records had come out of all sinks at a moment. */
export function countUntil(directory: string, atMs: number): number {
  const counts = readProbes(directory, 'sink').map((points) => countAt(points, atMs))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Throws where the job has noticed that a record was lost or counted twice. */
export function refuseWrongCounts(directory: string): void {
  const wrong = globSync(join(directory, 'wrong-*.txt')).flatMap(linesOf)
  if (wrong.length === 0) return
  const lines = wrong.slice(0, 3).join('; ')
  throw new Error(`Counts in ${directory} are wrong (key, number of the event, count): ${lines}`)
}

export function checkpointFigures(completed: readonly CompletedCheckpoint[]): CheckpointFigures {
  const durations = completed.map(({ durationMs }) => durationMs)
  const last = completed.at(-1)
  return {
    completedCount: completed.length,
    durationMs: median(durations),
    durationMsMax: most(durations),
    writtenBytes: last?.writtenBytes ?? Number.NaN,
    totalBytes: last?.totalBytes ?? Number.NaN,
    inFlightBytes: last?.inFlightBytes ?? Number.NaN,
  }
}

function readProbes(directory: string, role: string): readonly (readonly ProbePoint[])[] {
  return globSync(join(directory, `${role}-*.log`)).map((file) =>
    linesOf(file).map((line) => {
      const [micros = 0, count = 0] = line.split(' ').map(Number)
      return { atMs: micros / 1000, count }
    }),
  )
}

function linesOf(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
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
