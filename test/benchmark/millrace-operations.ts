import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { diskBytes } from './larger-than-memory-files.ts'
import type { RescaleOptions, RescaleStep, SavepointOptions, SavepointRun } from './measurement.ts'
import { type MillraceCluster, withMillraceCluster } from './millrace-cluster.ts'
import { longestSilence, outputGap, resumption } from './probe-log.ts'
import { awaitEveryKey, verifyCounts } from './verified-counts.ts'

const pollMs = 20
const timeoutMs = 60_000
/** What comes later would still count as a gap. */
const afterwardsMs = 1000
const checkpointed = 'execution.checkpointing.interval=1 s'

/** Each run is a new job, which is given one parallelism after the other. */
export function rescaleOnMillrace(
  options: RescaleOptions,
): Promise<readonly (readonly RescaleStep[])[]> {
  const { slotsPerTaskManager } = options
  const settings = [checkpointed, `taskmanager.numberOfTaskSlots=${slotsPerTaskManager}`]
  const taskManagerCount = Math.ceil(Math.max(...options.parallelisms) / slotsPerTaskManager)
  return withMillraceCluster({ taskManagerCount, settings }, async (cluster, directory) => {
    const runs: (readonly RescaleStep[])[] = []
    for (let run = 0; run < options.runs; run++) {
      runs.push(await rescaleRun(cluster, join(directory, `out-${run}`), options))
    }
    return runs
  })
}

async function rescaleRun(
  cluster: MillraceCluster,
  out: string,
  options: RescaleOptions,
): Promise<readonly RescaleStep[]> {
  const [first = 1, ...others] = options.parallelisms
  mkdirSync(out)
  const args = { out, probeMs: '10', ...options.args }
  const jobId = cluster.submit(options.job, { parallelism: first, args })
  await awaitEveryKey(out, 0, options)
  await delay(options.warmSeconds * 1000)
  const steps: RescaleStep[] = []
  let from = first
  let atMs = 0
  for (const to of others) {
    atMs = nowMs()
    cluster.command(['rescale', jobId, '-p', String(to), '--jobmanager', cluster.address])
    const { allSubtasksMs } = await everySubtask(cluster, out, { atMs, parallelism: to })
    const span = { fromMs: atMs, toMs: atMs + allSubtasksMs + afterwardsMs }
    await delay(afterwardsMs)
    steps.push({ from, to, gapMs: longestSilence(out, span), allSubtasksMs })
    await delay(options.warmSeconds * 1000)
    from = to
  }
  await verifyCounts(out, atMs, options)
  await cluster.cancel(jobId)
  return steps
}

/** Each run is a new job that is stopped, and another one that begins with what it left. */
export function savepointOnMillrace(options: SavepointOptions): Promise<readonly SavepointRun[]> {
  const taskManagerCount = options.parallelism
  return withMillraceCluster(
    { taskManagerCount, settings: [checkpointed] },
    async (cluster, directory) => {
      const runs: SavepointRun[] = []
      for (let run = 0; run < options.runs; run++) {
        runs.push(await savepointRun(cluster, join(directory, `out-${run}`), options))
      }
      return runs
    },
  )
}

async function savepointRun(
  cluster: MillraceCluster,
  out: string,
  options: SavepointOptions,
): Promise<SavepointRun> {
  const [resumed, target] = [`${out}-resumed`, `${out}-savepoints`]
  for (const directory of [out, resumed, target]) mkdirSync(directory)
  const args = { out, probeMs: '10', ...options.args }
  const jobId = cluster.submit(options.job, { ...options, args })
  await awaitEveryKey(out, 0, options)
  await delay(options.warmSeconds * 1000)
  const where = ['--jobmanager', cluster.address]
  const beside = timed(() => cluster.command(['savepoint', jobId, target, ...where]))
  const savepointBytes = diskBytes(lastLine(beside.result))
  await delay(afterwardsMs)
  const stop = timed(() => cluster.command(['stop', jobId, '-p', target, ...where]))
  const submittedMs = nowMs()
  const from = ['--from-savepoint', lastLine(stop.result)]
  const resumedId = cluster.submit(
    options.job,
    { ...options, args: { ...args, out: resumed, leastCount: '2' } },
    from,
  )
  await verifyCounts(out, 0, options)
  await verifyCounts(resumed, 0, options)
  await cluster.cancel(resumedId)
  rmSync(target, { recursive: true })
  return {
    ...{ savepointMs: beside.ms, savepointBytes, stopMs: stop.ms },
    ...resumption(out, resumed, submittedMs),
  }
}

function timed<T>(work: () => T): { readonly ms: number; readonly result: T } {
  const startedMs = performance.now()
  const result = work()
  return { ms: performance.now() - startedMs, result }
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? ''
}

function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** Resolves when every subtask of the sink, opened after the moment, has written. */
async function everySubtask(
  cluster: MillraceCluster,
  out: string,
  { atMs, parallelism }: { readonly atMs: number; readonly parallelism: number },
): Promise<{ readonly allSubtasksMs: number }> {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const written = outputGap(out, atMs, parallelism)
    if (written !== undefined) return written
    if (performance.now() > deadlineMs) throw new Error(`No output: ${cluster.tail()}`)
    await delay(pollMs)
  }
}
