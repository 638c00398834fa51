// npm run demo: a job keeps a running total of each account and writes every one of them into
// files, while one of its TaskManagers and then the JobManager are killed with -9. What the files
// hold is then compared with what a plain loop makes of the same orders. The exit code is 1 if it
// differs in a single line. About a quarter of a minute.

import { join } from 'node:path'
import type { JobId } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { DemoCluster, JobEnded, say } from './demo/demo-cluster.ts'
import { OutputWatch } from './demo/output-watch.ts'
import { checkTotals, isExact } from './demo/totals-check.ts'
import { accountCount } from './exactly-once.ts'

const orderCount = 80_000
/** The second one where the job was over before everything was killed. */
const ratesPerSecond = [12_500, 2_500]
const checkpointInterval = '250 ms'

const cluster = await DemoCluster.prepare()
let isInterrupted = false

// The cluster outlives the commands that started it: an interrupted demo has to end it, too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!isInterrupted) say(`\nThe demo was interrupted by ${signal}.`)
    isInterrupted = true
    void cluster.stop().then(() => process.exit(1))
  })
}

process.exitCode = (await runDemo()) ? 0 : 1

async function runDemo(): Promise<boolean> {
  let isRight = false
  try {
    title('A cluster: a JobManager and four TaskManagers of one slot, each a process of its own')
    await cluster.start(4)
    say('millrace.yaml keeps jobs in a directory: high-availability.type is filesystem.')
    isRight = await runUntilAllWereKilled()
  } catch (error) {
    // An interrupted one fails of its end.
    const message = error instanceof Error ? error.message : String(error)
    if (!isInterrupted) say(`\nThe demo failed: ${message}`)
  }
  return (await cluster.stop()) && isRight
}

async function runUntilAllWereKilled(): Promise<boolean> {
  for (const rate of ratesPerSecond) {
    const output = join(cluster.directory, `totals-${rate}`)
    const watch = new OutputWatch(output)
    try {
      return await runAndKill(rate, output, watch)
    } catch (error) {
      if (!(error instanceof JobEnded) || error.job.status !== 'FINISHED') throw error
      say('\nThe job was over before all was killed. Again, with slower orders.')
    } finally {
      watch.close()
    }
  }
  throw new Error('every kill came too late. Is this machine very busy?')
}

async function runAndKill(rate: number, output: string, watch: OutputWatch): Promise<boolean> {
  title(`A running total of each of ${text(accountCount)} accounts, in two of the four slots`)
  const known = new Set((await cluster.client.listJobs()).map((job) => job.jobId))
  await cluster.millrace(
    ...['run', join('examples', 'exactly-once.ts'), '-d', '-p', '2'],
    ...['--jobmanager', cluster.address, '--', '--count', String(orderCount)],
    ...['--rate', String(rate), '--interval', checkpointInterval, '--output', output],
  )
  const jobId = await cluster.untilListed(known)
  await untilSteady(jobId, watch)
  say(
    `It takes ${text(rate)} orders a second, and a checkpoint every ${checkpointInterval}; ` +
      'with each checkpoint two files appear.',
  )

  title('A TaskManager of the job is killed in the middle')
  const killed = await cluster.killTaskManagerOf(jobId)
  const killedAt = performance.now()
  const recovered = await cluster.until(jobId, (job) => {
    return job.status === 'RUNNING' && job.failures.at(-1)?.recoveredAfterMs !== undefined
  })
  const afterMs = recovered.failures.at(-1)?.recoveredAfterMs ?? 0
  await untilSteady(jobId, watch)
  say(`  ${killed} is gone; all tasks ran again after ${text(afterMs)} ms in the slots left.`)
  sayWhereItWentOn(recovered, watch.longestGapMs(killedAt))

  title('The JobManager is killed as well, and another one started')
  await cluster.replaceJobManager()
  const replacedAt = performance.now()
  // Also true of a job that has ended since.
  const takenOver = await cluster.until(jobId, ({ checkpoints }) => {
    return checkpoints?.latestRestored !== undefined && watch.lastAt > replacedAt
  })
  say('  The new one found the job in the high-availability directory, under the same id.')
  sayWhereItWentOn(takenOver, watch.longestGapMs(replacedAt))
  await cluster.millrace('status', jobId, '--jobmanager', cluster.address)

  title('Is anything lost, repeated or wrong?')
  await untilFinished(jobId)
  return check(output)
}

/** Some checkpoints later, with what they published. */
async function untilSteady(jobId: JobId, watch: OutputWatch): Promise<void> {
  const since = performance.now()
  const countOf = ({ checkpoints }: JobDetails): number => checkpoints?.completedCount ?? 0
  const before = countOf(await cluster.until(jobId, ({ status }) => status === 'RUNNING'))
  await cluster.until(jobId, (job) => countOf(job) >= before + 3 && watch.lastAt > since)
}

async function untilFinished(jobId: JobId): Promise<void> {
  const job = await cluster.until(jobId, ({ endedAtMs }) => endedAtMs > 0)
  if (job.status !== 'FINISHED') throw new JobEnded(job)
}

function sayWhereItWentOn(job: JobDetails, standstillMs: number): void {
  const restored = job.checkpoints?.latestRestored
  const from = restored === undefined ? 'the beginning' : `checkpoint ${restored.checkpointId}`
  say(`  It went on from ${from}: state and position of the orders as they were then.`)
  say(`  No new file appeared for ${text(standstillMs)} ms.`)
}

function check(output: string): boolean {
  const totals = checkTotals(output, orderCount)
  say(`${text(orderCount)} orders were made, and ${text(totals.lineCount)} lines are in the files.`)
  for (const { claim, problemCount, problems } of totals.findings) {
    if (problemCount === 0) say(`✔ ${claim}`)
    else say(`✘ not so: ${claim}. ${text(problemCount)} are wrong, such as ${problems.join('; ')}`)
  }
  say(
    `All that was spent: ${text(totals.spent)} cents by the files, ` +
      `${text(totals.spentByModel)} by a plain loop.`,
  )
  return isExact(totals)
}

function text(count: number): string {
  return Math.round(count).toLocaleString('en')
}

function title(words: string): void {
  say(`\n── ${words}`)
}
