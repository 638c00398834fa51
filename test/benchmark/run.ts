// npm run bench -- [JOB …] [--vs-flink] [--rounds N] [--warm S] [--seconds S]

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepareFlink, runOnFlink } from './flink-run.ts'
import type { Measurement, RunOptions } from './measurement.ts'
import { runOnMillrace } from './millrace-run.ts'
import { renderReport } from './report.ts'

const root = join(import.meta.dirname, '..', '..')
const allJobs = ['passthrough', 'shuffle', 'keyed-count', 'word-count', 'latency']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'vs-flink': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    warm: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '8' },
  },
})

const jobs = positionals.length > 0 ? positionals : allJobs
const withFlink = values['vs-flink']
build()
if (withFlink) prepareFlink()
const measurements: Measurement[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  for (const job of jobs) {
    const options = optionsOf(job)
    note(rename(await runOnMillrace(options), job))
    if (withFlink) note(rename(runOnFlink(options), job))
  }
}
const flags = process.argv.slice(2).join(' ')
const command = flags === '' ? 'npm run bench' : `npm run bench -- ${flags}`
const report = renderReport(measurements, { command, date: new Date().toISOString().slice(0, 10) })
if (withFlink && positionals.length === 0) {
  writeFileSync(join(root, 'docs', 'benchmarks.md'), report)
}
process.stdout.write(report)

/** The distribution users run is what is measured. */
function build(): void {
  const done = spawnSync(process.execPath, [join(root, '.ci', 'build.ts')], { stdio: 'inherit' })
  if (done.status !== 0) process.exit(1)
}

/** 'latency' is keyed-count at a fixed rate. */
function optionsOf(job: string): RunOptions {
  const warmSeconds = Number(values.warm)
  const isLatency = job === 'latency'
  const args = { rate: '50000', latency: '1', warmMs: String(warmSeconds * 1000) }
  return {
    job: isLatency ? 'keyed-count' : job,
    parallelism: 2,
    warmSeconds,
    seconds: Number(values.seconds),
    args: isLatency ? args : {},
  }
}

function rename(measurement: Measurement, job: string): Measurement {
  return { ...measurement, job }
}

function note(measurement: Measurement): void {
  measurements.push(measurement)
  process.stderr.write(
    `${measurement.job} on ${measurement.engine}: ` +
      `${(measurement.eventsPerSecond / 1e6).toFixed(2)} M events/s, ` +
      `${measurement.cpuSecondsPerMillion.toFixed(3)} CPU-s per M, ` +
      `${measurement.residentMb.toFixed(0)} MB, ready ${measurement.clusterReadySeconds} s, ` +
      `first output ${measurement.firstOutputSeconds?.toFixed(2)} s\n`,
  )
}
