import { type FlinkRuns, withFlinkDriver } from './flink-driver.ts'
import type { RescaleOptions, RescaleStep, SavepointOptions, SavepointRun } from './measurement.ts'
import { longestSilence, outputGap, resumption } from './probe-log.ts'
import { outputsOfEveryKey, verifyCounts } from './verified-counts.ts'

/** What comes later would still count as a gap; the driver waits for longer. */
const afterwardsMs = 1000
/** Changes follow each other at once, as on Millrace. */
const adaptive = [
  'jobmanager.scheduler=adaptive',
  'jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling=0 s',
]

interface FlinkRescale {
  readonly out: string
  /** When new requirements were sent, in milliseconds since 1970. */
  readonly at_ms: readonly number[]
}

/** Each run is a new job, which is given one parallelism after the other. */
export function rescaleOnFlink(
  options: RescaleOptions,
): Promise<readonly (readonly RescaleStep[])[]> {
  const { parallelisms, slotsPerTaskManager } = options
  const words = [
    ...['--operation', 'rescale', '--steps', parallelisms.join(',')],
    ...['--p', String(parallelisms[0]), '--slots', String(slotsPerTaskManager)],
    ...['--tms', String(Math.ceil(Math.max(...parallelisms) / slotsPerTaskManager))],
    ...['--runs', String(options.runs), '--outputs', String(outputsOfEveryKey(options))],
    ...adaptive.flatMap((setting) => ['--D', setting]),
  ]
  return withFlinkDriver<FlinkRuns<FlinkRescale>, (readonly RescaleStep[])[]>(
    options,
    words,
    ({ runs }) => Promise.all(runs.map((run) => stepsOf(run, options))),
  )
}

async function stepsOf(
  { out, at_ms: moments }: FlinkRescale,
  options: RescaleOptions,
): Promise<readonly RescaleStep[]> {
  await verifyCounts(out, moments.at(-1) ?? 0, options)
  return moments.map((atMs, index) => {
    const from = options.parallelisms[index] ?? 0
    const to = options.parallelisms[index + 1] ?? 0
    const written = outputGap(out, atMs, to, moments[index + 1])
    if (written === undefined) throw new Error(`Flink's ${options.job} did not get ${to} subtasks`)
    const { allSubtasksMs } = written
    const span = { fromMs: atMs, toMs: atMs + allSubtasksMs + afterwardsMs }
    return { from, to, gapMs: longestSilence(out, span), allSubtasksMs }
  })
}

interface FlinkSavepoint {
  readonly out: string
  readonly resumed: string
  readonly savepoint_ms: number
  readonly savepoint_bytes: number
  readonly stop_ms: number
  readonly resume_at_ms: number
}

/** Each run is a new job that is stopped, and another one that begins with what it left. */
export function savepointOnFlink(
  options: SavepointOptions,
  format: 'CANONICAL' | 'NATIVE',
): Promise<readonly SavepointRun[]> {
  const words = [
    ...['--operation', 'savepoint', '--format', format, '--p', String(options.parallelism)],
    ...['--runs', String(options.runs), '--outputs', String(outputsOfEveryKey(options))],
  ]
  return withFlinkDriver<FlinkRuns<FlinkSavepoint>, SavepointRun[]>(options, words, ({ runs }) =>
    Promise.all(runs.map((run) => savepointRun(run, options))),
  )
}

async function savepointRun(run: FlinkSavepoint, options: SavepointOptions): Promise<SavepointRun> {
  await verifyCounts(run.out, 0, options)
  await verifyCounts(run.resumed, 0, options)
  return {
    savepointMs: run.savepoint_ms,
    savepointBytes: run.savepoint_bytes,
    stopMs: run.stop_ms,
    ...resumption(run.out, run.resumed, run.resume_at_ms),
  }
}
