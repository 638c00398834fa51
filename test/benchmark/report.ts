import { cpus, totalmem } from 'node:os'
import { type Measurement, median } from './measurement.ts'

/** Goals of the design, as factors of Flink's figure on the same machine. */
const throughputGoals: Readonly<Record<string, number>> = {
  passthrough: 1,
  shuffle: 3,
  'keyed-count': 4,
  'word-count': 3,
}

/** docs/benchmarks.md, from all measurements of one run of the driver. */
export function renderReport(
  measurements: readonly Measurement[],
  context: { readonly command: string; readonly date: string },
): string {
  const jobs = [...new Set(measurements.map((measurement) => measurement.job))]
  const of = (job: string, engine: Measurement['engine']): readonly Measurement[] =>
    measurements.filter((each) => each.job === job && each.engine === engine)
  const throughput = jobs.filter((job) => !job.endsWith('latency'))
  const lines = [
    '# Benchmarks',
    '',
    `Written by \`${context.command}\` on ${context.date}: ${cpus().length} cores ` +
      `(${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ` +
      `${process.versions.node}. Both engines in turn on the same machine: a JobManager and two`,
    'TaskManagers of one slot, parallelism 2; medians, with all runs in brackets. Flink 2.3.0 runs',
    'with object reuse and exactly-once checkpoints every second; Millrace takes none yet. Jobs',
    'are submitted two seconds after the cluster is ready.',
    'Jobs: test/benchmark/flink/nexmark.md, "Other jobs".',
    '',
    '## Throughput',
    '',
    '| job | Millrace, events/s | Flink, events/s | ratio | goal ' +
      '| CPU-s per M events: M / F | cores other processes used: M / F |',
    '|---|---|---|---|---|---|---|',
    ...throughput.map((job) => throughputRow(job, of(job, 'millrace'), of(job, 'flink'))),
    '',
    '## Memory, start, submission',
    '',
    '| job | engine | memory of all processes, MB | cluster ready, s | submit → output, s |',
    '|---|---|---|---|---|',
    ...jobs.flatMap((job) =>
      (['millrace', 'flink'] as const).flatMap((engine) => startRow(job, engine, of(job, engine))),
    ),
    '',
    ...latencySection(measurements),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function throughputRow(
  job: string,
  ours: readonly Measurement[],
  theirs: readonly Measurement[],
): string {
  const rate = (runs: readonly Measurement[]): string =>
    spread(
      runs.map((run) => run.eventsPerSecond / 1e6),
      2,
      ' M',
    )
  const both = (pick: (run: Measurement) => number, digits: number): string =>
    [ours, theirs].map((runs) => number(median(runs.map(pick)), digits)).join(' / ')
  const ratio =
    median(ours.map((run) => run.eventsPerSecond)) /
    median(theirs.map((run) => run.eventsPerSecond))
  const cells = [
    job,
    rate(ours),
    rate(theirs),
    Number.isNaN(ratio) ? '–' : `${ratio.toFixed(1)} ×`,
    throughputGoals[job] === undefined ? '–' : `≥ ${throughputGoals[job]} ×`,
    both((run) => run.cpuSecondsPerMillion, 3),
    both((run) => run.foreignCores, 2),
  ]
  return `| ${cells.join(' | ')} |`
}

function startRow(job: string, engine: string, runs: readonly Measurement[]): readonly string[] {
  if (runs.length === 0) return []
  const first = runs.flatMap((run) => run.firstOutputSeconds ?? [])
  const cells = [
    job,
    engine,
    number(median(runs.map((run) => run.residentMb)), 0),
    number(median(runs.map((run) => run.clusterReadySeconds)), 2),
    number(median(first), 2),
  ]
  return [`| ${cells.join(' | ')} |`]
}

function latencySection(measurements: readonly Measurement[]): readonly string[] {
  const runs = measurements.filter((run) => Object.keys(run.latencyMs).length > 0)
  if (runs.length === 0) return []
  return [
    '## Latency through keyBy at 50,000 events/s, default settings',
    '',
    '| engine | p50, ms | p90, ms | p99, ms | max, ms |',
    '|---|---|---|---|---|',
    ...runs.map((run) => {
      const cells = ['p50', 'p90', 'p99', 'max'].map((name) => number(run.latencyMs[name], 2))
      return `| ${[run.engine, ...cells].join(' | ')} |`
    }),
  ]
}

function spread(values: readonly number[], digits: number, unit: string): string {
  if (values.length === 0) return '–'
  const all = values.map((value) => value.toFixed(digits)).join(', ')
  return `${median(values).toFixed(digits)}${unit} [${all}]`
}

function number(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits)
}
