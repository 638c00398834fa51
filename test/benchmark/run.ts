// npm run bench -- [SUITE or SUBJECT …] [--vs-flink] [--rounds N] [--warm S] [--seconds S]
//   [--runs N]
//
// Suites: jobs, checkpoints, recovery (see subjects.ts); without any, all of them. With --vs-flink
// the sections of docs/benchmarks.md that a suite stands for are written anew.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepareFlink, recoverOnFlink, runOnFlink } from './flink-run.ts'
import type {
  Measurement,
  RecoveryMeasurement,
  RecoveryOptions,
  RunOptions,
} from './measurement.ts'
import { recoverOnMillrace, runOnMillrace } from './millrace-run.ts'
import { renderSections, writeSections } from './report.ts'
import { type Suite, type SuiteName, suites } from './subjects.ts'

const root = join(import.meta.dirname, '..', '..')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'vs-flink': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    runs: { type: 'string' },
    warm: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '8' },
  },
})

const withFlink = values['vs-flink']
const suiteNames = Object.keys(suites) as SuiteName[]
const chosen = suiteNames.filter((name) => positionals.includes(name))
const suiteList = positionals.length === 0 ? suiteNames : chosen
const wholeSubjects = suiteList.flatMap((name) => namesOf(suites[name]))
const subjects = new Set([...wholeSubjects, ...positionals.filter((name) => !isSuite(name))])
const known = new Set(suiteNames.flatMap((name) => namesOf(suites[name])))
for (const subject of subjects) {
  if (known.has(subject)) continue
  throw new Error(`${subject} is none of ${[...suiteNames, ...known].join(', ')}`)
}
const oursOnly = new Set(
  Object.values<Suite>(suites).flatMap(({ throughput }) =>
    Object.keys(throughput).filter((name) => throughput[name]?.isOursOnly === true),
  ),
)

build()
if (withFlink) prepareFlink()
const measurements: Measurement[] = []
const recoveries: RecoveryMeasurement[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  for (const options of throughputOptions()) {
    note(await runOnMillrace(options))
    if (withFlink && !oursOnly.has(options.subject)) note(runOnFlink(options))
  }
}
for (const options of recoveryOptions()) {
  const { subject } = options
  noteRecovery({ engine: 'millrace', subject, runs: await recoverOnMillrace(options) })
  if (withFlink) noteRecovery({ engine: 'flink', subject, runs: recoverOnFlink(options) })
}
const flags = process.argv.slice(2).join(' ')
const command = flags === '' ? 'npm run bench' : `npm run bench -- ${flags}`
const date = new Date().toISOString().slice(0, 10)
const sections = renderSections({ measurements, recoveries }, { command, date })
if (withFlink) writeSections(join(root, 'docs', 'benchmarks.md'), sections, suiteList)
process.stdout.write(sections.map(({ text }) => text).join('\n'))

function isSuite(name: string): name is SuiteName {
  return name in suites
}

function namesOf({ throughput, recovery }: Suite): readonly string[] {
  return [...Object.keys(throughput), ...Object.keys(recovery)]
}

/** The distribution users run is what is measured. */
function build(): void {
  const done = spawnSync(process.execPath, [join(root, '.ci', 'build.ts')], { stdio: 'inherit' })
  if (done.status !== 0) process.exit(1)
}

function throughputOptions(): readonly RunOptions[] {
  const options = new Map<string, RunOptions>()
  const warmSeconds = Number(values.warm)
  for (const { throughput } of Object.values<Suite>(suites)) {
    for (const [subject, each] of Object.entries(throughput)) {
      if (!subjects.has(subject)) continue
      options.set(subject, {
        ...{ backend: 'heap', isCheckpointed: true, parallelism: 2, warmSeconds },
        ...{ seconds: Number(values.seconds), subject, ...each },
        args: { ...each.args, warmMs: String(warmSeconds * 1000) },
      })
    }
  }
  return [...options.values()]
}

function recoveryOptions(): readonly RecoveryOptions[] {
  return Object.values<Suite>(suites).flatMap(({ recovery }) =>
    Object.entries(recovery)
      .filter(([subject]) => subjects.has(subject))
      .map(([subject, each]) => ({
        ...{ subject, parallelism: 2, warmSeconds: Number(values.warm), ...each },
        runs: Number(values.runs ?? each.runs),
      })),
  )
}

function note(measurement: Measurement): void {
  measurements.push(measurement)
  const { checkpoints, pausesMs } = measurement
  process.stderr.write(
    `${measurement.subject} on ${measurement.engine}: ` +
      `${(measurement.eventsPerSecond / 1e6).toFixed(2)} M events/s, ` +
      `${measurement.cpuSecondsPerMillion.toFixed(3)} CPU-s per M, ` +
      `${measurement.residentMb.toFixed(0)} MB, ready ${measurement.clusterReadySeconds} s, ` +
      `first output ${measurement.firstOutputSeconds?.toFixed(2)} s, ` +
      `pauses of ${pausesMs.map((pause) => pause.toFixed(0)).join(' ')} ms, ` +
      `${JSON.stringify(checkpoints)}\n`,
  )
}

function noteRecovery(recovery: RecoveryMeasurement): void {
  recoveries.push(recovery)
  process.stderr.write(`${JSON.stringify(recovery)}\n`)
}
