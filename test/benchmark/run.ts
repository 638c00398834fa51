// npm run bench -- [SUITE or SUBJECT …] [--vs-flink] [--rounds N] [--warm S] [--seconds S]
//   [--runs N]
//
// Suites: see subjects.ts; without any, all of them. With --vs-flink the sections of
// docs/benchmarks.md that a suite stands for are written anew. Ctrl-C ends all that was started.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepareFlink } from './flink-driver.ts'
import { rescaleOnFlink, savepointOnFlink } from './flink-operations.ts'
import { recoverOnFlink, runOnFlink } from './flink-run.ts'
import { cleanUpWhenInterrupted } from './interruption.ts'
import type {
  Measurement,
  RecoveryMeasurement,
  RecoveryOptions,
  RescaleMeasurement,
  RescaleOptions,
  RunOptions,
  SavepointMeasurement,
  SavepointOptions,
} from './measurement.ts'
import { rescaleOnMillrace, savepointOnMillrace } from './millrace-operations.ts'
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

cleanUpWhenInterrupted()
build()
const recoveryList = recoveryOptions()
if (withFlink) prepareFlink(recoveryList.some(({ storage }) => storage === 's3'))
const measurements: Measurement[] = []
const recoveries: RecoveryMeasurement[] = []
const rescales: RescaleMeasurement[] = []
const savepoints: SavepointMeasurement[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  for (const options of throughputOptions()) {
    note(await runOnMillrace(options))
    if (withFlink && !oursOnly.has(options.subject)) note(await runOnFlink(options))
  }
}
for (const options of recoveryList) {
  const { subject } = options
  noteRecovery({ engine: 'millrace', subject, runs: await recoverOnMillrace(options) })
  if (withFlink) noteRecovery({ engine: 'flink', subject, runs: await recoverOnFlink(options) })
}
for (const options of rescaleOptions()) {
  const { subject } = options
  noteRescale({ engine: 'millrace', subject, runs: await rescaleOnMillrace(options) })
  if (withFlink) noteRescale({ engine: 'flink', subject, runs: await rescaleOnFlink(options) })
}
for (const options of savepointOptions()) {
  const { subject } = options
  const ours = await savepointOnMillrace(options)
  noteSavepoint({ engine: 'millrace', subject, format: 'its own', runs: ours })
  if (!withFlink) continue
  for (const format of ['CANONICAL', 'NATIVE'] as const) {
    const theirs = await savepointOnFlink(options, format)
    noteSavepoint({ engine: 'flink', subject, format: format.toLowerCase(), runs: theirs })
  }
}
const flags = process.argv.slice(2).join(' ')
const command = flags === '' ? 'npm run bench' : `npm run bench -- ${flags}`
const date = new Date().toISOString().slice(0, 10)
const sections = renderSections(
  { measurements, recoveries, rescales, savepoints },
  { command, date },
)
if (withFlink) writeSections(join(root, 'docs', 'benchmarks.md'), sections, suiteList)
process.stdout.write(sections.map(({ text }) => text).join('\n'))

function isSuite(name: string): name is SuiteName {
  return name in suites
}

function namesOf({ throughput, recovery, rescale, savepoint }: Suite): readonly string[] {
  return [throughput, recovery, rescale ?? {}, savepoint ?? {}].flatMap((each) => Object.keys(each))
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
      .map(([subject, { warmSecondsMin = 0, ...each }]) => ({
        ...{ subject, parallelism: 2, settings: {}, storage: 'file' as const, ...each },
        warmSeconds: Math.max(Number(values.warm), warmSecondsMin),
        runs: Number(values.runs ?? each.runs),
      })),
  )
}

function rescaleOptions(): readonly RescaleOptions[] {
  return Object.values<Suite>(suites).flatMap(({ rescale = {} }) =>
    Object.entries(rescale)
      .filter(([subject]) => subjects.has(subject))
      .map(([subject, each]) => ({
        ...{ subject, ...each, warmSeconds: Number(values.warm) },
        runs: Number(values.runs ?? each.runs),
      })),
  )
}

function savepointOptions(): readonly SavepointOptions[] {
  return Object.values<Suite>(suites).flatMap(({ savepoint = {} }) =>
    Object.entries(savepoint)
      .filter(([subject]) => subjects.has(subject))
      .map(([subject, each]) => ({
        ...{ subject, ...each, warmSeconds: Number(values.warm) },
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

function noteRescale(rescale: RescaleMeasurement): void {
  rescales.push(rescale)
  process.stderr.write(`${JSON.stringify(rescale)}\n`)
}

function noteSavepoint(savepoint: SavepointMeasurement): void {
  savepoints.push(savepoint)
  process.stderr.write(`${JSON.stringify(savepoint)}\n`)
}
