import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { number, spread, table, withNote } from './markdown-table.ts'
import {
  type EngineName,
  type Measurement,
  median,
  most,
  type RecoveryMeasurement,
  type RecoveryRun,
  type RescaleMeasurement,
  type SavepointMeasurement,
} from './measurement.ts'
import {
  backpressureTable,
  rescaleTable,
  savepointTable,
  storageTable,
} from './operation-report.ts'
import type { SuiteName } from './subjects.ts'
import { suites } from './subjects.ts'

export interface Section {
  readonly suite: SuiteName
  readonly title: string
  /** From its heading to its last line. */
  readonly text: string
}

interface Results {
  readonly measurements: readonly Measurement[]
  readonly recoveries: readonly RecoveryMeasurement[]
  readonly rescales: readonly RescaleMeasurement[]
  readonly savepoints: readonly SavepointMeasurement[]
}

/** In the order in which they stand in the file. */
const titles = {
  throughput: 'Throughput',
  start: 'Memory, start, submission',
  latency: 'Latency through keyBy at 50,000 events/s, default settings',
  cost: 'Checkpoints every second',
  pauses: 'Longest pauses, 1 M keys',
  recovery: 'Recovery',
  size: 'Checkpoint of 1 M keys of which 1 % changed, and its restore',
  backpressure: 'Checkpoints under backpressure',
  rescale: 'Rescaling a running job with 1 M keys',
  savepoint: 'Savepoints of 1 M keys',
  storage: 'Object storage and files, 1 M keys',
}

const engines = ['millrace', 'flink'] as const

/** Goals of the design, as factors of Flink's figure on the same machine. */
const throughputGoals: Readonly<Record<string, number>> = {
  passthrough: 1,
  shuffle: 3,
  'keyed-count': 4,
  'keyed-count-leveldb': 4,
  'word-count': 3,
}

/** Longest output gaps, in seconds. */
const gapGoals: Readonly<Record<string, number>> = {
  'kill -9 of a TaskManager': 0.5,
  'exception in a task': 0.2,
}

const introduction = `# Benchmarks

Written by \`npm run bench -- --vs-flink\`, each section by the command it names. Both engines run
in turn on the same machine: a JobManager and two TaskManagers of one slot, parallelism 2. Unless a
row says otherwise both take exactly-once checkpoints every second and keep state on the heap; Flink
2.3.0 runs with object reuse, and restarts failed tasks without a delay. Jobs are submitted two
seconds after the cluster is ready. Jobs: test/benchmark/flink/nexmark.md, "Other jobs".
`

/** What was measured, for people: a section for each kind of figures that there are. */
export function renderSections(
  results: Results,
  context: { readonly command: string; readonly date: string },
): readonly Section[] {
  const origin =
    `\`${context.command}\`, ${context.date}: ${cpus().length} cores ` +
    `(${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ` +
    `${process.versions.node}.`
  const section = (suite: SuiteName, title: string, lines: readonly string[]): Section[] => {
    const text = [`## ${title}`, '', origin, '', ...lines, ''].join('\n')
    return lines.length === 0 ? [] : [{ suite, title, text }]
  }
  const { measurements, rescales, savepoints } = results
  const of = (suite: SuiteName): readonly RecoveryMeasurement[] =>
    results.recoveries.filter(({ subject }) => subject in suites[suite].recovery)
  const recoveries = of('recovery')
  return [
    ...section('jobs', titles.throughput, throughputTable(measurements)),
    ...section('jobs', titles.start, startTable(measurements)),
    ...section('jobs', titles.latency, latencyTable(measurements)),
    ...section('checkpoints', titles.cost, costTable(measurements)),
    ...section('checkpoints', titles.pauses, pauseTable(measurements)),
    ...section('recovery', titles.recovery, gapTable(recoveries)),
    ...section('recovery', titles.size, sizeTable(recoveries)),
    ...section('unaligned', titles.backpressure, backpressureTable(of('unaligned'))),
    ...section('rescale', titles.rescale, rescaleTable(rescales)),
    ...section('savepoint', titles.savepoint, savepointTable(savepoints)),
    ...section('storage', titles.storage, storageTable(of('storage'))),
  ]
}

/** Replaces the sections of these suites in the file; the others stay as they are. */
export function writeSections(
  file: string,
  sections: readonly Section[],
  of: readonly SuiteName[],
): void {
  const before = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split(/^(?=## )/m)
        .slice(1)
    : []
  const texts = new Map(before.map((text) => [text.slice(3, text.indexOf('\n')), text.trimEnd()]))
  for (const { suite, title, text } of sections) {
    if (of.includes(suite)) texts.set(title, text.trimEnd())
  }
  const body = Object.values(titles).flatMap((title) => texts.get(title) ?? [])
  writeFileSync(file, `${[introduction.trimEnd(), ...body].join('\n\n')}\n`)
}

type Runs = readonly Measurement[]

function runsOf(measurements: Runs, subject: string, engine: EngineName): Runs {
  return measurements.filter((each) => each.subject === subject && each.engine === engine)
}

function measuredOf(measurements: Runs, suite: 'jobs' | 'checkpoints'): readonly string[] {
  const names: readonly string[] = Object.keys(suites[suite].throughput)
  return names.filter((name) => measurements.some(({ subject }) => subject === name))
}

function throughputTable(measurements: Runs): readonly string[] {
  const rows = measuredOf(measurements, 'jobs')
    .filter((subject) => subject !== 'latency')
    .map((subject) => {
      const [ours, theirs] = both(measurements, subject)
      const ratio = median(ours.map(rateOf)) / median(theirs.map(rateOf))
      const pair = (pick: (run: Measurement) => number, digits: number): string =>
        [ours, theirs].map((runs) => number(median(runs.map(pick)), digits)).join(' / ')
      return [
        subject,
        spread(ours.map(millionsOf), 2, ' M'),
        spread(theirs.map(millionsOf), 2, ' M'),
        Number.isNaN(ratio) ? '–' : `${ratio.toFixed(1)} ×`,
        throughputGoals[subject] === undefined ? '–' : `≥ ${throughputGoals[subject]} ×`,
        pair((run) => run.cpuSecondsPerMillion, 3),
        pair((run) => run.foreignCores, 2),
      ]
    })
  const head = [
    ...['job', 'Millrace, events/s', 'Flink, events/s', 'ratio', 'goal'],
    ...['CPU-s per M events: M / F', 'cores other processes used: M / F'],
  ]
  return withNote(
    table(head, rows),
    'Medians, with all runs in brackets. Flink’s side of the job on leveldb is RocksDB.',
  )
}

function startTable(measurements: Runs): readonly string[] {
  const rows = measuredOf(measurements, 'jobs').flatMap((subject) =>
    engines.flatMap((engine) => {
      const runs = runsOf(measurements, subject, engine)
      if (runs.length === 0) return []
      const first = runs.flatMap((run) => run.firstOutputSeconds ?? [])
      return [
        [
          ...[subject, engine, number(median(runs.map((run) => run.residentMb)), 0)],
          ...[
            number(median(runs.map((run) => run.clusterReadySeconds)), 2),
            number(median(first), 2),
          ],
        ],
      ]
    }),
  )
  const head = ['job', 'engine', 'memory of all processes, MB']
  return table([...head, 'cluster ready, s', 'submit → output, s'], rows)
}

function latencyTable(measurements: Runs): readonly string[] {
  const rows = measurements
    .filter(({ subject }) => subject === 'latency')
    .map((run) => [
      run.engine,
      ...['p50', 'p90', 'p99', 'max'].map((name) => number(run.latencyMs[name], 2)),
    ])
  return table(['engine', 'p50, ms', 'p90, ms', 'p99, ms', 'max, ms'], rows)
}

function costTable(measurements: Runs): readonly string[] {
  const rows = checkpointedSubjects(measurements).flatMap((subject) =>
    engines.flatMap((engine) => {
      const runs = runsOf(measurements, subject, engine)
      const without = runsOf(measurements, `${subject}-unchecked`, engine)
      if (runs.length === 0) return []
      const cost = 100 * (1 - median(runs.map(rateOf)) / median(without.map(rateOf)))
      const checkpoint = (pick: (run: Measurement) => number, digits: number): string =>
        number(median(runs.map(pick)), digits)
      return [
        [
          ...[subject, engine, spread(runs.map(millionsOf), 2, ' M')],
          ...[
            spread(without.map(millionsOf), 2, ' M'),
            Number.isNaN(cost) ? '–' : `${cost.toFixed(1)} %`,
          ],
          checkpoint((run) => run.checkpoints.durationMs, 0),
          checkpoint((run) => run.checkpoints.durationMsMax, 0),
          checkpoint((run) => run.checkpoints.writtenBytes / 1e6, 1),
        ],
      ]
    }),
  )
  const head = ['job', 'engine', 'events/s', 'without checkpoints', 'cost', 'checkpoint, ms']
  const goal =
    'Goal: a cost of at most 10 % with 1 M keys. Under full load every key changes between two ' +
    'checkpoints. Figures of the jobs with 1 M keys include a look at the clock every 16 records.'
  return withNote(table([...head, 'longest checkpoint, ms', 'written, MB'], rows), goal)
}

function pauseTable(measurements: Runs): readonly string[] {
  const rows = checkpointedSubjects(measurements).flatMap((subject) =>
    engines.flatMap((engine) =>
      [subject, `${subject}-unchecked`].flatMap((name) => {
        const pauses = runsOf(measurements, name, engine).flatMap((run) => run.pausesMs)
        if (pauses.length === 0) return []
        const checkpoints = name === subject ? 'every second' : 'none'
        return [
          [
            subject,
            engine,
            checkpoints,
            ...[median(pauses), most(pauses)].map((pause) => number(pause, 1)),
          ],
        ]
      }),
    ),
  )
  const goal =
    'How long a subtask of the count processed no record under full load, the longest time in ' +
    'each second: their median, and the longest. Goal: nothing over 10 ms; what is in the rows ' +
    'without checkpoints is the exchange, garbage collection, and the machine.'
  const head = ['job', 'engine', 'checkpoints', 'in a second, ms', 'longest, ms']
  return withNote(table(head, rows), goal)
}

function gapTable(recoveries: readonly RecoveryMeasurement[]): readonly string[] {
  const rows = recoveries.map(({ subject, engine, runs }) => {
    const gaps = runs.map((run) => run.gapMs / 1000)
    const goal = gapGoals[subject]
    return [
      ...[subject, engine, number(median(gaps), 2), number(most(gaps), 2)],
      gaps.map((gap) => gap.toFixed(2)).join(', '),
      goal === undefined ? '–' : `≤ ${goal}`,
      number(
        medianOf(runs, (run) => run.allSubtasksMs / 1000),
        2,
      ),
    ]
  })
  const note =
    'Output gap: from the strike until the sink writes again, default settings, a spare ' +
    'TaskManager registered where one is killed; each run is a new job at 50,000 events/s, or ' +
    '10,000 with 1 M keys.'
  const head = ['what', 'engine', 'gap, s: median', 'worst', 'all', 'goal']
  return withNote(table([...head, 'every subtask writes, s'], rows), note)
}

function sizeTable(recoveries: readonly RecoveryMeasurement[]): readonly string[] {
  const rows = recoveries
    .filter(({ subject }) => subject.includes('1 M keys'))
    .map(({ engine, runs }) => [
      engine,
      number(
        medianOf(runs, (run) => run.checkpoints.writtenBytes / 1e6),
        2,
      ),
      number(
        medianOf(runs, (run) => run.checkpoints.totalBytes / 1e6),
        1,
      ),
      number(
        medianOf(runs, (run) => run.checkpoints.durationMs),
        0,
      ),
      number(
        medianOf(runs, (run) => run.restoreMs / 1000),
        2,
      ),
      number(most(runs.map((run) => run.restoreMs / 1000)), 2),
    ])
  const head = ['engine', 'written, MB', 'whole checkpoint, MB', 'duration, ms']
  const note =
    'Restore: from the deployment of the tasks until all of them run, two subtasks of 500,000 ' +
    'keys in objects.'
  return withNote(table([...head, 'restore, s: median', 'worst'], rows), note)
}

/** Those that were measured with checkpoints and may have been without. */
function checkpointedSubjects(measurements: Runs): readonly string[] {
  return measuredOf(measurements, 'checkpoints').filter((name) => !name.endsWith('-unchecked'))
}

function both(measurements: Runs, subject: string): readonly [Runs, Runs] {
  return [runsOf(measurements, subject, 'millrace'), runsOf(measurements, subject, 'flink')]
}

function medianOf(runs: readonly RecoveryRun[], pick: (run: RecoveryRun) => number): number {
  return median(runs.map(pick))
}

function rateOf(run: Measurement): number {
  return run.eventsPerSecond
}

function millionsOf(run: Measurement): number {
  return run.eventsPerSecond / 1e6
}
