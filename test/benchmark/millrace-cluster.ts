import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { JobId } from '@millrace/core'
import { createDispatcherClient, type DispatcherClient } from '@millrace/rpc'
import { withCleanUp } from './interruption.ts'

const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'packages', 'cli', 'dist', 'main.js')
const startTimeoutMs = 30_000
const stopTimeoutMs = 10_000
const pollMs = 5

/** A line of a process's log: `time`, `event`, and the fields of the event. */
export type LogLine = Readonly<Record<string, unknown>>

export interface MillraceClusterOptions {
  readonly taskManagerCount: number
  /** `key=value`, for every process. */
  readonly settings: readonly string[]
}

/** Runs `work` with a cluster, of which nothing is left afterwards, in a directory of its own. */
export async function withMillraceCluster<T>(
  options: MillraceClusterOptions,
  work: (cluster: MillraceCluster, directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const cluster = new MillraceCluster(directory, await freePort(), options.settings)
  const cleanUp = async (): Promise<void> => {
    await cluster.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return withCleanUp(cleanUp, async () => {
    await cluster.start(options.taskManagerCount)
    return work(cluster, directory)
  })
}

/** Real processes, as users start them: a JobManager and TaskManagers. */
export class MillraceCluster {
  readonly address: string
  /** From the start of the processes. */
  readySeconds = 0
  readonly #directory: string
  readonly #settings: readonly string[]
  readonly #client: DispatcherClient
  readonly #children = new Map<string, ChildProcess>()
  #taskManagerCount = 0

  constructor(directory: string, port: number, settings: readonly string[]) {
    this.#directory = directory
    this.address = `127.0.0.1:${port}`
    this.#settings = [
      'jobmanager.rpc.address=127.0.0.1',
      `jobmanager.rpc.port=${port}`,
      `io.tmp.dirs=${directory}`,
      `execution.checkpointing.dir=${join(directory, 'checkpoints')}`,
      ...settings,
    ]
    this.#client = createDispatcherClient(this.address)
  }

  /** Resolves when all TaskManagers are registered. */
  async start(taskManagerCount: number): Promise<void> {
    const startedMs = performance.now()
    this.#start('jobmanager', 'jobmanager')
    for (let i = 0; i < taskManagerCount; i++) this.#startTaskManager()
    await this.#registered(taskManagerCount)
    this.readySeconds = (performance.now() - startedMs) / 1000
  }

  get processIds(): readonly number[] {
    return [...this.#children.values()].flatMap(({ pid }) => pid ?? [])
  }

  /** Starts one more TaskManager; resolves when it is registered. */
  async addTaskManager(): Promise<void> {
    const { length } = (await this.#client.requestClusterOverview()).taskManagers
    this.#startTaskManager()
    await this.#registered(length + 1)
  }

  /** Kills -9 the TaskManager with this subtask of the job's last vertex; returns when it did. */
  async killTaskManagerOf(jobId: JobId, subtaskIndex: number): Promise<number> {
    const { vertices } = await this.#client.requestJob(jobId)
    const { taskManagerId } = vertices.at(-1)?.subtasks[subtaskIndex] ?? {}
    const { taskManagers } = await this.#client.requestClusterOverview()
    const victim = taskManagers.find((each) => each.taskManagerId === taskManagerId)
    const entry = [...this.#children].find(([, { pid }]) => pid === victim?.processId)
    if (entry === undefined) throw new Error(`Subtask ${subtaskIndex} of ${jobId} runs nowhere`)
    const [name, child] = entry
    this.#children.delete(name)
    const atMs = performance.timeOrigin + performance.now()
    child.kill('SIGKILL')
    return atMs
  }

  /** Submits jobs/<job>.ts with the command line that users have; `more` are options of `run`. */
  submit(
    job: string,
    options: {
      readonly parallelism: number
      readonly args: Readonly<Record<string, string>>
    },
    more: readonly string[] = [],
  ): JobId {
    const words = Object.entries(options.args).flatMap(([key, value]) => [`--${key}`, value])
    const output = this.command([
      ...['run', join(import.meta.dirname, 'jobs', `${job}.ts`), '--detached'],
      ...['--jobmanager', this.address, '--parallelism', String(options.parallelism)],
      ...[...more, '--', ...words],
    ])
    return JobId.parse(output.trim().split('\n').at(-1) ?? '')
  }

  /** Standard output of a command of the command line; throws where it fails. */
  command(words: readonly string[]): string {
    const done = spawnSync(process.execPath, [main, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (done.status === 0) return done.stdout
    throw new Error(`millrace ${words.join(' ')} failed:\n${done.stdout}${done.stderr}`)
  }

  /** Resolves when the job is over, and its slots are free. */
  async cancel(jobId: JobId): Promise<void> {
    await this.#client.cancelJob(jobId)
    while ((await this.#client.requestJob(jobId)).status !== 'CANCELED') await delay(pollMs)
  }

  /** What a process has logged with this event. */
  logged(event: string, of: 'jobmanager' | 'taskmanagers'): readonly LogLine[] {
    const names =
      of === 'jobmanager'
        ? [of]
        : Array.from({ length: this.#taskManagerCount }, (_, index) => `taskmanager-${index}`)
    return names.flatMap((name) =>
      this.#log(name)
        .split('\n')
        .filter((line) => line.startsWith('{') && line.includes(`"event":"${event}"`))
        .map((line) => JSON.parse(line) as LogLine),
    )
  }

  /** The end of the JobManager's log, for messages. */
  tail(): string {
    return this.#log('jobmanager').slice(-2000)
  }

  async stop(): Promise<void> {
    this.#client.close()
    await Promise.all([...this.#children.values()].map(ended))
    this.#children.clear()
  }

  #startTaskManager(): void {
    this.#start(`taskmanager-${this.#taskManagerCount++}`, 'taskmanager')
  }

  #start(name: string, command: 'jobmanager' | 'taskmanager'): void {
    const cwd = join(this.#directory, name)
    mkdirSync(cwd)
    const log = openSync(join(cwd, 'output'), 'a')
    const settings = this.#settings.flatMap((setting) => ['--set', setting])
    const args = [main, command, '--set', 'log.format=json', ...settings]
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', log, log] })
    this.#children.set(name, child)
  }

  async #registered(count: number): Promise<void> {
    const deadlineMs = performance.now() + startTimeoutMs
    while ((await this.#taskManagers()) < count) {
      if (performance.now() > deadlineMs) throw new Error(`No cluster: ${this.tail()}`)
      await delay(pollMs)
    }
  }

  /** By a client of its own: one that met nobody at first waits before it dials again. */
  async #taskManagers(): Promise<number> {
    const client = createDispatcherClient(this.address)
    try {
      return (await client.requestClusterOverview()).taskManagers.length
    } catch {
      return 0
    } finally {
      client.close()
    }
  }

  #log(name: string): string {
    return readFileSync(join(this.#directory, name, 'output'), 'utf8')
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await exit
  clearTimeout(timer)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
