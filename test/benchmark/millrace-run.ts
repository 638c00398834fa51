import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Measurement, RecoveryOptions, RecoveryRun, RunOptions } from './measurement.ts'
import { type LogLine, type MillraceCluster, withMillraceCluster } from './millrace-cluster.ts'
import {
  type CompletedCheckpoint,
  checkpointFigures,
  failureMs,
  firstOutputMs,
  latencyPercentiles,
  outputGap,
  pausesBetween,
  rateBetween,
} from './probe-log.ts'
import { foreignCores, sampleUsage, type UsageSample } from './process-usage.ts'
import { withStorage } from './storage.ts'
import { verifyCounts } from './verified-counts.ts'

/** On both engines the job comes to a cluster that has settled: spare threads, a JVM's classes. */
const settleMs = 2000
const recoveryPollMs = 20
const recoveryTimeoutMs = 60_000
/** After every subtask has written: what comes later would still count as a gap. */
const afterRecoveryMs = 1000
/** Of the rate before a strike. */
const rateSpanMs = 5000
const checkpointed = ['execution.checkpointing.interval=1 s']

/**
 * Runs one job on a cluster of its own: a JobManager and `parallelism` TaskManagers of one slot.
 */
export function runOnMillrace(options: RunOptions): Promise<Measurement> {
  const settings = [
    `state.backend.type=${options.backend}`,
    ...(options.isCheckpointed ? checkpointed : []),
  ]
  const taskManagerCount = options.parallelism
  return withMillraceCluster({ taskManagerCount, settings }, (cluster, directory) =>
    measure(cluster, join(directory, 'out'), options),
  )
}

/** Strikes a job again and again, each time a new one, with a spare TaskManager at hand. */
export function recoverOnMillrace(options: RecoveryOptions): Promise<readonly RecoveryRun[]> {
  const isKill = options.strike === 'kill-taskmanager'
  const taskManagerCount = options.parallelism + (isKill ? 1 : 0)
  return withStorage(options, (more) => {
    const settings = [...checkpointed, ...more]
    return withMillraceCluster({ taskManagerCount, settings }, async (cluster, directory) => {
      const runs: RecoveryRun[] = []
      for (let run = 0; run < options.runs; run++) {
        if (run > 0 && isKill) await cluster.addTaskManager()
        runs.push(await strike(cluster, join(directory, `out-${run}`), options))
      }
      return runs
    })
  })
}

async function measure(
  cluster: MillraceCluster,
  out: string,
  options: RunOptions,
): Promise<Measurement> {
  mkdirSync(out)
  await delay(settleMs)
  const submittedMs = performance.timeOrigin + performance.now()
  cluster.submit(options.job, { ...options, args: { out, ...options.args } })
  await delay(options.warmSeconds * 1000)
  const samples = await sampleEachSecond(cluster.processIds, options.seconds)
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined) throw new Error('no samples')
  await delay(300)
  const span = { fromMs: first.atMs, toMs: last.atMs }
  const eventsPerSecond = rateBetween(out, 'source', span)
  if (eventsPerSecond === 0) throw new Error(`${options.job} made no progress: ${cluster.tail()}`)
  const seconds = (span.toMs - span.fromMs) / 1000
  const cpuSeconds = last.cpuSeconds - first.cpuSeconds
  const outputMs = firstOutputMs(out)
  return {
    engine: 'millrace',
    subject: options.subject,
    eventsPerSecond,
    cpuSecondsPerMillion: (cpuSeconds / (eventsPerSecond * seconds)) * 1e6,
    residentMb: last.residentMb,
    clusterReadySeconds: cluster.readySeconds,
    firstOutputSeconds: outputMs === undefined ? undefined : (outputMs - submittedMs) / 1000,
    foreignCores: foreignCores(first, last),
    latencyMs: latencyPercentiles(out),
    pausesMs: pausesBetween(out, span),
    checkpoints: checkpointFigures(completedCheckpoints(cluster, span)),
  }
}

async function strike(
  cluster: MillraceCluster,
  out: string,
  options: RecoveryOptions,
): Promise<RecoveryRun> {
  mkdirSync(out)
  await delay(settleMs)
  const isKill = options.strike === 'kill-taskmanager'
  const failAfterMs = String(options.warmSeconds * 1000)
  const args = { out, probeMs: '10', ...(isKill ? {} : { failAfterMs }), ...options.args }
  const fromMs = performance.timeOrigin + performance.now()
  const jobId = cluster.submit(options.job, { ...options, args })
  await delay(options.warmSeconds * 1000)
  const atMs = isKill ? await cluster.killTaskManagerOf(jobId, 1) : await failureMs(out)
  const deadlineMs = performance.now() + recoveryTimeoutMs
  while (outputGap(out, atMs, options.parallelism) === undefined) {
    if (performance.now() > deadlineMs) throw new Error(`No recovery: ${cluster.tail()}`)
    await delay(recoveryPollMs)
  }
  await delay(afterRecoveryMs)
  const gap = outputGap(out, atMs, options.parallelism)
  if (gap === undefined) throw new Error('unreachable')
  const checkpoints = checkpointFigures(completedCheckpoints(cluster, { fromMs, toMs: atMs }))
  const restoreMs = restoreTime(cluster, atMs)
  await verifyCounts(out, atMs, options)
  await cluster.cancel(jobId)
  const recordsPerSecond = rateBetween(out, 'sink', { fromMs: atMs - rateSpanMs, toMs: atMs })
  return { ...gap, restoreMs, checkpoints, recordsPerSecond }
}

/** From the moment when the JobMaster chose the checkpoint until the last task ran. */
function restoreTime(cluster: MillraceCluster, atMs: number): number {
  const after = (line: LogLine): readonly number[] => (timeOf(line) > atMs ? [timeOf(line)] : [])
  const chosen = cluster.logged('checkpoint restored', 'jobmanager').flatMap(after)
  const running = cluster
    .logged('task state changed', 'taskmanagers')
    .filter((line) => line['state'] === 'RUNNING')
    .flatMap(after)
  return Math.max(...running) - Math.min(...chosen)
}

function completedCheckpoints(
  cluster: MillraceCluster,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly CompletedCheckpoint[] {
  return cluster
    .logged('checkpoint completed', 'jobmanager')
    .filter((line) => timeOf(line) >= fromMs && timeOf(line) <= toMs)
    .map((line) => ({
      durationMs: Number(line['durationMs']),
      writtenBytes: Number(line['writtenBytes']),
      totalBytes: Number(line['totalBytes']),
      inFlightBytes: Number(line['persistedBytes'] ?? 0),
    }))
}

function timeOf(line: LogLine): number {
  return Date.parse(String(line['time']))
}

async function sampleEachSecond(
  processIds: readonly number[],
  seconds: number,
): Promise<readonly UsageSample[]> {
  const samples = [sampleUsage(processIds)]
  for (let i = 0; i < seconds; i++) {
    await delay(1000)
    samples.push(sampleUsage(processIds))
  }
  return samples
}
