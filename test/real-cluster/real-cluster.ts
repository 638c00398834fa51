import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { JobId } from '@millrace/core'
import {
  type ClusterOverview,
  createDispatcherClient,
  type DispatcherClient,
  type JobDetails,
} from '@millrace/rpc'

const pollMs = 10
const root = join(import.meta.dirname, '..', '..')

/** Node's arguments that start the command line from source. */
export const fromSource: readonly string[] = [
  '--conditions=source',
  join(root, 'packages', 'cli', 'src', 'main.ts'),
]

/** The same of what `npm run build` made: what users run. */
export const fromBuild: readonly string[] = [join(root, 'packages', 'cli', 'dist', 'main.js')]

export interface RealClusterOptions {
  readonly taskManagers: number
  readonly slots: number
  /** `--set key=value` of every process. */
  readonly settings?: Readonly<Record<string, string>>
  readonly program?: readonly string[]
}

/** Words before a command, such as `ip netns exec name`. */
export type CommandPrefix = readonly string[]

export interface CommandResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** With `KEEP_LOGS=1` the directories of clusters, with all logs, outlive the tests. */
const keepsDirectories = process.env['KEEP_LOGS'] === '1'

/** What a command of the command line may take at most: one that hangs is a failure, not a wait. */
const commandMsMax = 120_000

/** Of this process, but without colours: one in the middle of a sentence hides it from tests. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...others } = process.env
  return { ...others, NO_COLOR: '1' }
}

/** Ended with this process, whatever ends it: a failed test leaves nothing behind. */
const children = new Set<ChildProcess>()
const directories = new Set<string>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  if (keepsDirectories) return
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1))
}

/**
 * A JobManager and TaskManagers as processes of their own, for tests and benchmarks. Every limit of
 * a wait is far above what an unhurried machine takes.
 */
export class RealCluster {
  readonly directory: string
  readonly address: string
  readonly client: DispatcherClient
  #options: RealClusterOptions
  readonly #processes = new Map<string, ChildProcess>()
  readonly #port: number
  #startedCount = 0

  private constructor(options: RealClusterOptions, port: number) {
    this.#options = options
    this.#port = port
    this.address = `127.0.0.1:${port}`
    this.directory = mkdtempSync(join(tmpdir(), 'millrace-test-'))
    directories.add(this.directory)
    this.client = createDispatcherClient(this.address)
  }

  /** Without any process yet. The settings may name places in its directory. */
  static async prepare(
    slots: number,
    settingsOf: (directory: string) => Readonly<Record<string, string>>,
  ): Promise<RealCluster> {
    const cluster = new RealCluster({ taskManagers: 0, slots }, await freePort())
    const settings = settingsOf(cluster.directory)
    cluster.#options = { ...cluster.#options, settings }
    return cluster
  }

  /** Resolves when every TaskManager has registered. */
  static async start(options: RealClusterOptions): Promise<RealCluster> {
    const cluster = new RealCluster(options, await freePort())
    try {
      cluster.startJobManager()
      for (let i = 0; i < options.taskManagers; i++) cluster.startTaskManager()
      await cluster.untilRegistered(options.taskManagers)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** That the command line, and TaskManagers that are told nothing else, look for. */
  get port(): number {
    return this.#port
  }

  startJobManager(): ChildProcess {
    return this.startProcess('jobmanager', ['jobmanager'])
  }

  /** Returns the process's name. `settings` win over the cluster's. */
  startTaskManager(
    settings: Readonly<Record<string, string>> = {},
    prefix: CommandPrefix = [],
  ): string {
    const name = `taskmanager-${this.#startedCount++}`
    this.startProcess(name, ['taskmanager'], settings, prefix)
    return name
  }

  startProcess(
    name: string,
    command: readonly string[],
    settings: Readonly<Record<string, string>> = {},
    prefix: CommandPrefix = [],
  ): ChildProcess {
    const log = openSync(join(this.directory, `${name}.log`), 'a')
    const all = {
      'jobmanager.rpc.address': '127.0.0.1',
      'jobmanager.rpc.port': String(this.#port),
      'taskmanager.numberOfTaskSlots': String(this.#options.slots),
      'io.tmp.dirs': this.directory,
      ...this.#options.settings,
      ...settings,
    }
    const flags = Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    const words = [...prefix, process.execPath, ...this.#program, ...command, ...flags]
    const child = this.#spawn(words, ['ignore', log, log])
    closeSync(log)
    this.#processes.set(name, child)
    return child
  }

  get processIds(): readonly number[] {
    return [...this.#processes.values()].flatMap((child) => child.pid ?? [])
  }

  process(name: string): ChildProcess {
    const child = this.#processes.get(name)
    if (child === undefined) throw new Error(`no process ${name}`)
    return child
  }

  log(name: string): string {
    return readFileSync(join(this.directory, `${name}.log`), 'utf8')
  }

  /** Ends a process with -9 and waits until it is gone. */
  async kill(name: string): Promise<void> {
    const child = this.process(name)
    this.#processes.delete(name)
    await ended(child, 'SIGKILL')
  }

  /** Runs a command of the command line to its end. */
  async millrace(...args: readonly string[]): Promise<CommandResult> {
    const words = [process.execPath, ...this.#program, ...args]
    const child = this.#spawn(words, ['ignore', 'pipe', 'pipe'])
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const timer = setTimeout(() => {
      stderr += `\nkilled: it ran for more than ${commandMsMax} ms`
      child.kill('SIGKILL')
    }, commandMsMax)
    const [exitCode] = (await once(child, 'close')) as [number | null]
    clearTimeout(timer)
    return { exitCode, stdout, stderr }
  }

  /** Submits a module detached and returns its job. */
  async submit(module: string, ...args: readonly string[]): Promise<JobId> {
    const { exitCode, stdout, stderr } = await this.millrace(
      ...['run', module, '--detached', '--json', '--jobmanager', this.address],
      ...args,
    )
    if (exitCode !== 0) throw new Error(`run ${module} ended with ${exitCode}: ${stdout}${stderr}`)
    const { jobId } = JSON.parse(stdout) as { readonly jobId: string }
    return JobId.parse(jobId)
  }

  async untilJob(
    jobId: JobId,
    isReached: (job: JobDetails) => boolean,
    limitMs = 60_000,
  ): Promise<JobDetails> {
    for (const deadline = performance.now() + limitMs; ; ) {
      const job = await this.#requestJob(jobId)
      if (job !== undefined && isReached(job)) return job
      if (performance.now() > deadline || (job !== undefined && job.endedAtMs > 0)) {
        const told = `${job?.status} ${job?.failure?.message ?? ''} ${job?.waitingFor ?? ''}`
        throw new Error(`job ${jobId}: ${told}\n${this.#lastLogLines()}`)
      }
      await delay(pollMs)
    }
  }

  /** undefined where no JobManager answers, or it has not recovered the job yet. */
  async #requestJob(jobId: JobId): Promise<JobDetails | undefined> {
    try {
      return await this.client.requestJob(jobId)
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      if (code === 'JOB_MANAGER_UNREACHABLE' || code === 'JOB_NOT_FOUND') return undefined
      throw error
    }
  }

  async untilEnded(jobId: JobId, limitMs = 60_000): Promise<JobDetails> {
    return await this.untilJob(jobId, (job) => job.endedAtMs > 0, limitMs)
  }

  /**
   * As `untilEnded`, however long it takes, as long as something changes: no limit fits every
   * machine. Fails with what the command line says of the job.
   */
  async untilEndedOrStuck(jobId: JobId, stuckMsMax = 60_000): Promise<JobDetails> {
    let progress = ''
    for (let changedAt = performance.now(); performance.now() - changedAt < stuckMsMax; ) {
      const job = await this.#requestJob(jobId)
      if (job !== undefined && job.endedAtMs > 0) return job
      const newProgress = progressOf(job)
      if (newProgress !== progress) changedAt = performance.now()
      progress = newProgress
      await delay(100)
    }
    const { stdout, stderr } = await this.millrace('status', jobId, '--jobmanager', this.address)
    throw new Error(`job ${jobId} is stuck:\n${stdout}${stderr}\n${this.#lastLogLines()}`)
  }

  async untilCluster(
    isReached: (overview: ClusterOverview) => boolean,
    limitMs = 30_000,
  ): Promise<ClusterOverview> {
    for (const deadline = performance.now() + limitMs; ; ) {
      const overview = await this.client.requestClusterOverview().catch(() => undefined)
      if (overview !== undefined && isReached(overview)) return overview
      if (performance.now() > deadline) {
        const seen = JSON.stringify(overview)
        throw new Error(`the cluster did not get there: ${seen}\n${this.#lastLogLines()}`)
      }
      await delay(pollMs)
    }
  }

  async untilRegistered(count: number): Promise<ClusterOverview> {
    return await this.untilCluster((overview) => overview.taskManagers.length === count)
  }

  async stop(): Promise<void> {
    this.client.close()
    await Promise.all([...this.#processes.values()].map((child) => ended(child, 'SIGTERM')))
    if (!keepsDirectories) rmSync(this.directory, { recursive: true, force: true })
    directories.delete(this.directory)
  }

  #spawn(words: readonly string[], stdio: StdioOptions): ChildProcess {
    const [program = '', ...args] = words
    const child = spawn(program, args, { cwd: this.directory, stdio, env: plainEnvironment() })
    children.add(child)
    child.on('error', () => children.delete(child))
    child.on('exit', () => children.delete(child))
    return child
  }

  /** Of every process, and how those ended that did: for errors of a test. */
  #lastLogLines(): string {
    const logs = [...this.#processes].map(([name, { exitCode, signalCode }]) => {
      const end = exitCode ?? signalCode
      const state = end === null ? 'runs' : `ended with ${end}`
      return [`${name} ${state}:`, ...this.log(name).trim().split('\n').slice(-20)].join('\n')
    })
    return logs.join('\n')
  }

  get #program(): readonly string[] {
    return this.#options.program ?? fromSource
  }
}

/** Changes with each record that counts: not with checkpoints of a job that does nothing. */
function progressOf(job: JobDetails | undefined): string {
  const subtasks = job?.vertices.flatMap((vertex) => vertex.subtasks) ?? []
  const progress = subtasks.map(({ state, attemptNumber, metrics }) => {
    return [state, attemptNumber, metrics?.recordsIn, metrics?.recordsOut]
  })
  return JSON.stringify([job?.status, job?.startedAtMs, progress])
}

/** Records that came to the job's tasks from others so far, as the newest metrics tell. */
export function recordsIn(job: JobDetails): number {
  return job.vertices
    .filter(({ vertexId }) => job.graph.edges.some(({ target }) => target === vertexId))
    .flatMap((vertex) => vertex.subtasks)
    .reduce((sum, subtask) => sum + (subtask.metrics?.recordsIn ?? 0), 0)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  if (bound === null || typeof bound === 'string') throw new Error('no free port')
  return bound.port
}

/** Sends the signal and waits for the end; a process that ignores SIGTERM for 15 s is killed. */
async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGCONT')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await exit
  clearTimeout(timer)
}
