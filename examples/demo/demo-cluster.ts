import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { JobId } from '@millrace/core'
import { createDispatcherClient, type DispatcherClient, type JobDetails } from '@millrace/rpc'

const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'packages', 'cli', 'src', 'main.ts')
const pollMs = 5
const stuckMsMax = 60_000
const endMsMax = 10_000

/** The demo's processes: started, killed and ended by the command line that users have. */
export class DemoCluster {
  readonly directory: string
  readonly address: string
  readonly client: DispatcherClient
  readonly #configuration: string
  #successor: ChildProcess | undefined
  #stopped: Promise<boolean> | undefined

  private constructor(port: number) {
    this.directory = mkdtempSync(join(tmpdir(), 'millrace-demo-'))
    this.address = `127.0.0.1:${port}`
    this.client = createDispatcherClient(this.address)
    this.#configuration = join(this.directory, 'millrace.yaml')
    const settings = {
      'jobmanager.rpc.port': port,
      'high-availability.type': 'filesystem',
      'high-availability.storageDir': join(this.directory, 'high-availability'),
      'execution.checkpointing.dir': join(this.directory, 'checkpoints'),
      'io.tmp.dirs': join(this.directory, 'tmp'),
    }
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`)
    writeFileSync(this.#configuration, lines.join(''))
  }

  static async prepare(): Promise<DemoCluster> {
    return new DemoCluster(await freePort())
  }

  async start(taskManagerCount: number): Promise<void> {
    await this.millrace(
      ...['cluster', 'start', '--dir', this.directory, '--config', this.#configuration],
      ...['--taskmanagers', String(taskManagerCount), '--slots', '1'],
    )
  }

  /** Runs a command as a user would type it. Rejects where its exit code is not 0. */
  async millrace(...args: readonly string[]): Promise<void> {
    say(`\n$ millrace ${args.map((arg) => (/[\s*]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`)
    const child = spawn(process.execPath, ['--conditions=source', main, ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`millrace ${args[0]} ended with exit code ${code}`)
  }

  /** The first job that is not among those known. */
  async untilListed(known: ReadonlySet<JobId>): Promise<JobId> {
    for (const deadline = performance.now() + stuckMsMax; ; await delay(pollMs)) {
      const job = (await this.client.listJobs()).find(({ jobId }) => !known.has(jobId))
      if (job !== undefined) return job.jobId
      if (performance.now() > deadline) throw new Error('the job is not listed')
    }
  }

  /** Rejects with JobEnded where the job has ended without getting there. */
  async until(jobId: JobId, isReached: (job: JobDetails) => boolean): Promise<JobDetails> {
    for (const deadline = performance.now() + stuckMsMax; ; await delay(pollMs)) {
      const job = await this.#requestJob(jobId)
      if (job !== undefined && isReached(job)) return job
      if (job !== undefined && job.endedAtMs > 0) throw new JobEnded(job)
      if (performance.now() > deadline) throw new Error(`job ${jobId} is stuck: ${job?.status}`)
    }
  }

  /** `kill -9` of one of the TaskManagers that run tasks of the job. Returns which it was. */
  async killTaskManagerOf(jobId: JobId): Promise<string> {
    const { vertices } = await this.client.requestJob(jobId)
    const { taskManagers } = await this.client.requestClusterOverview()
    const used = vertices.flatMap(({ subtasks }) => subtasks.map((each) => each.taskManagerId))
    const victim = taskManagers.find((each) => used.includes(each.taskManagerId))
    if (victim === undefined) throw new Error('the job runs on no TaskManager')
    kill(victim.processId, `the TaskManager ${victim.taskManagerId}`)
    return victim.taskManagerId
  }

  /** `kill -9` of the JobManager, and another one with the same configuration. */
  async replaceJobManager(): Promise<void> {
    kill((await this.client.requestClusterOverview()).processId, 'the JobManager')
    const args = ['jobmanager', '--config', this.#configuration]
    say(`$ millrace ${args.join(' ')} &`)
    const log = openSync(join(this.directory, 'jobmanager-2.log'), 'a')
    this.#successor = spawn(process.execPath, ['--conditions=source', main, ...args], {
      cwd: root,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    say(`  process ${this.#successor.pid}`)
  }

  /** Leaves no process and no file, however often it is called; false where that went wrong. */
  stop(): Promise<boolean> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<boolean> {
    this.client.close()
    await end(this.#successor)
    const isStopped = await this.millrace('cluster', 'stop', '--dir', this.directory).then(
      () => true,
      () => false,
    )
    rmSync(this.directory, { recursive: true, force: true })
    return isStopped
  }

  /** undefined while no JobManager answers, or it has not taken the job over yet. */
  async #requestJob(jobId: JobId): Promise<JobDetails | undefined> {
    try {
      return await this.client.requestJob(jobId)
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      if (code === 'JOB_MANAGER_UNREACHABLE' || code === 'JOB_NOT_FOUND') return undefined
      throw error
    }
  }
}

/** The job was over before the demo got to do what it wanted to. */
export class JobEnded extends Error {
  readonly job: JobDetails

  constructor(job: JobDetails) {
    super(`the job ended as ${job.status} ${job.failure?.message ?? ''}`)
    this.job = job
  }
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function kill(processId: number, what: string): void {
  say(`\n$ kill -9 ${processId}    # ${what}`)
  process.kill(processId, 'SIGKILL')
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), endMsMax)
  await exit
  clearTimeout(timer)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  if (bound === null || typeof bound === 'string') throw new Error('no free port')
  return bound.port
}
