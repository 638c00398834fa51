import { setTimeout as delay } from 'node:timers/promises'
import { type ClusterDirectory, type ClusterProcess, isRunning } from './cluster-directory.ts'

const pollMs = 20
/** How long a process may take to end by itself. */
const gracefulMsMax = 15_000
const killMsMax = 5_000

export interface StopResult {
  readonly stopped: readonly string[]
  /** Those that had to be killed. */
  readonly killed: readonly string[]
  /** Those that were gone already. */
  readonly gone: readonly string[]
}

/**
 * Ends exactly the processes that the directory names: the JobManager first, so that it ends its
 * jobs, then the TaskManagers; SIGTERM, and SIGKILL for what is left after a bounded time.
 * undefined where the directory has no cluster.
 */
export async function stopCluster(directory: ClusterDirectory): Promise<StopResult | undefined> {
  const record = directory.read()
  if (record === undefined) return undefined
  const gone = record.processes.filter((each) => !isRunning(each))
  const running = record.processes.filter((each) => isRunning(each))
  const isJobManager = ({ name }: ClusterProcess): boolean => name === 'jobmanager'
  const killed = [
    ...(await endProcesses(running.filter((each) => isJobManager(each)))),
    ...(await endProcesses(running.filter((each) => !isJobManager(each)))),
  ]
  directory.clear()
  const names = (processes: readonly ClusterProcess[]): readonly string[] =>
    processes.map(({ name }) => name)
  return { stopped: names(running), killed: names(killed), gone: names(gone) }
}

/** Ends processes of one's own; returns those that had to be killed. */
export async function endProcesses(
  processes: readonly ClusterProcess[],
): Promise<readonly ClusterProcess[]> {
  for (const each of processes) signal(each, 'SIGTERM')
  const left = await untilGone(processes, gracefulMsMax)
  for (const each of left) signal(each, 'SIGKILL')
  await untilGone(left, killMsMax)
  return left
}

function signal(target: ClusterProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (!isRunning(target)) return
  try {
    process.kill(target.processId, name)
  } catch (error) {
    // It ended between the look and the signal.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function untilGone(
  processes: readonly ClusterProcess[],
  msMax: number,
): Promise<readonly ClusterProcess[]> {
  const deadline = performance.now() + msMax
  for (;;) {
    const left = processes.filter((each) => isRunning(each))
    if (left.length === 0 || performance.now() > deadline) return left
    await delay(pollMs)
  }
}
