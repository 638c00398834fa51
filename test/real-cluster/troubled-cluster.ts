import { spawnSync } from 'node:child_process'
import {
  closeSync,
  type Dirent,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Random, randomBelow } from '@millrace/core'
import { freePort, RealCluster } from './real-cluster.ts'
import { TcpProxy } from './tcp-proxy.ts'

const services = join(import.meta.dirname, '..', 'services')
const slotsPerTaskManager = 2
/** Beside the one in the namespace. */
const taskManagerCount = 3
const strikeMsMax = 3_500
const checkpointStorageMb = 256

/** What can happen to a cluster; each ends with the cluster as able as it was. */
export const strikes = [
  'kill a TaskManager',
  'stop a TaskManager for a while',
  'kill the JobManager',
  'stop the JobManager until its successor runs',
  'throw in a function',
  'take all memory of a slot',
  'refuse writes to checkpoint storage',
  'cut a TaskManager off',
] as const
export type Strike = (typeof strikes)[number]

export interface Recoveries {
  readonly restartCount: number
  /** Jobs that a JobManager took over from another. */
  readonly takeoverCount: number
  /** TaskManagers that ended by themselves. */
  readonly endedCount: number
  /** From a failure to all tasks running again, the shortest first. */
  readonly durationsMs: readonly number[]
}

/** A line of a JobManager's log, as far as it is read. */
interface LogEntry {
  readonly event?: string
  readonly failure?: { readonly recoveredAfterMs?: number }
}

/**
 * A cluster that is struck: JobManagers one after the other behind one address, TaskManagers that
 * are replaced when they are killed, one more behind a cable that can be pulled. Needs root, for
 * the cable and for a disk that can be filled.
 */
export class TroubledCluster {
  readonly cluster: RealCluster
  /** The job makes its troubles when a file is in it: see jobs/keyed-totals.ts. */
  readonly troubleDirectory: string
  readonly #proxy: TcpProxy
  readonly random: Random
  readonly #checkpoints: string
  /** Of this run alone: others may test on the same machine. */
  readonly #namespace = `mc${process.pid}`
  readonly #subnet = `10.78.${process.pid % 256}`
  readonly #taskManagers: string[] = []
  #jobManager: { readonly name: string; readonly port: number }
  #jobManagerCount = 0
  #endedCount = 0
  #isStopping = false
  readonly #history: string[] = []

  private constructor(
    cluster: RealCluster,
    proxy: TcpProxy,
    random: Random,
    jobManagerPort: number,
  ) {
    this.cluster = cluster
    this.#proxy = proxy
    this.random = random
    this.#checkpoints = join(cluster.directory, 'checkpoints')
    this.troubleDirectory = join(cluster.directory, 'trouble')
    this.#jobManager = { name: '', port: jobManagerPort }
    process.prependListener('exit', this.#giveBack)
  }

  /** Resolves when all TaskManagers have registered. */
  static async start(
    random: Random,
    settings: Readonly<Record<string, string>>,
  ): Promise<TroubledCluster> {
    const cluster = await RealCluster.prepare(slotsPerTaskManager, (directory) => ({
      'jobmanager.bind-host': '0.0.0.0',
      'taskmanager.bind-host': '0.0.0.0',
      'taskmanager.slot.heap-size': '256 mb',
      'heartbeat.interval': '200 ms',
      'heartbeat.timeout': '2 s',
      'high-availability.type': 'filesystem',
      'high-availability.storageDir': join(directory, 'ha'),
      'execution.checkpointing.dir': join(directory, 'checkpoints'),
      ...settings,
    }))
    const jobManagerPort = await freePort()
    const proxy = await TcpProxy.start(jobManagerPort, { port: cluster.port, host: '0.0.0.0' })
    const troubled = new TroubledCluster(cluster, proxy, random, jobManagerPort)
    try {
      await troubled.#begin()
      return troubled
    } catch (error) {
      await troubled.stop()
      throw error
    }
  }

  /** When what happened, for whoever reads the logs. */
  get history(): string {
    return this.#history.join('\n')
  }

  /** What all JobManagers together have done, those that were killed too. */
  recoveries(): Recoveries {
    const names = Array.from({ length: this.#jobManagerCount }, (_, at) => jobManagerName(at))
    const entries = names.flatMap((name) => {
      const lines = this.cluster.log(name).split('\n')
      return lines.flatMap((line) => (line.startsWith('{') ? (JSON.parse(line) as LogEntry) : []))
    })
    const recovered = entries.flatMap(({ event, failure }) =>
      event === 'job recovered' ? (failure?.recoveredAfterMs ?? []) : [],
    )
    return {
      restartCount: entries.filter(({ event }) => event === 'restart scheduled').length,
      takeoverCount: this.#jobManagerCount - 1,
      endedCount: this.#endedCount,
      durationsMs: recovered.map(Math.round).sort((a, b) => a - b),
    }
  }

  async strike(strike: Strike): Promise<void> {
    this.#history.push(`${new Date().toISOString()} ${strike}`)
    await this.#strike(strike)
    this.#history.push(`${new Date().toISOString()} done`)
  }

  /** What should be gone when a job has finished and is not: files of it, and of killed processes. */
  leftBehind(): readonly string[] {
    const recovery = filesBelow(join(this.cluster.directory, 'ha')).filter((path) =>
      /\/bundles\/|\/checkpoint-\d+$/.test(path),
    )
    return [...filesBelow(this.#checkpoints), ...recovery, ...this.#localDirectoriesOfTheDead()]
  }

  /** Mounts and network interfaces of it: none once it is stopped. */
  tracesInSystem(): readonly string[] {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    const interfaces = readdirSync('/sys/class/net')
    return [
      ...mounts.filter((line) => line.includes(this.#checkpoints)),
      ...interfaces.filter((name) => name.startsWith(this.#namespace)),
    ]
  }

  /** A process has its own id in the name of its directory, and removes those of the dead. */
  #localDirectoriesOfTheDead(): readonly string[] {
    const alive = new Set(this.cluster.processIds.map(String))
    return readdirSync(this.cluster.directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.startsWith('millrace-'))
      .filter(({ name }) => !alive.has(name.split('-').at(-2) ?? ''))
      .map(pathOf)
  }

  async #strike(strike: Strike): Promise<void> {
    const durationMs = 200 + randomBelow(this.random, strikeMsMax)
    switch (strike) {
      case 'kill a TaskManager': {
        await this.cluster.kill(this.#anyTaskManager(true))
        this.#startTaskManager()
        return
      }
      case 'stop a TaskManager for a while': {
        const child = this.cluster.process(this.#anyTaskManager(false))
        child.kill('SIGSTOP')
        await delay(durationMs)
        child.kill('SIGCONT')
        return
      }
      case 'kill the JobManager':
        await this.cluster.kill(this.#jobManager.name)
        this.#startJobManager(this.#jobManager.port)
        return
      case 'stop the JobManager until its successor runs':
        await this.#replaceJobManager(durationMs)
        return
      case 'throw in a function':
        this.#makeTrouble('throw')
        return
      case 'take all memory of a slot':
        this.#makeTrouble('memory')
        return
      case 'refuse writes to checkpoint storage':
        this.#fillCheckpointStorage()
        await delay(durationMs)
        rmSync(this.#filler)
        return
      case 'cut a TaskManager off':
        this.#shell('ip', 'link', 'set', `${this.#namespace}-host`, 'down')
        await delay(durationMs)
        this.#shell('ip', 'link', 'set', `${this.#namespace}-host`, 'up')
        return
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#proxy.close()
    // Before its directory is removed, in which the mounted one is.
    spawnSync('umount', ['-l', this.#checkpoints])
    await this.cluster.stop()
    this.#giveBack()
    process.off('exit', this.#giveBack)
  }

  /** What the system would keep. */
  readonly #giveBack = (): void => {
    spawnSync('umount', ['-l', this.#checkpoints])
    spawnSync('bash', [join(services, 'down-netns.sh'), this.#namespace])
  }

  async #begin(): Promise<void> {
    mkdirSync(this.troubleDirectory)
    mkdirSync(this.#checkpoints)
    const size = `size=${checkpointStorageMb}m`
    this.#shell('mount', '-t', 'tmpfs', '-o', size, 'tmpfs', this.#checkpoints)
    this.#shell('bash', join(services, 'up-netns.sh'), this.#namespace, this.#subnet)
    this.#startJobManager(this.#jobManager.port)
    for (let i = 0; i < taskManagerCount; i++) this.#startTaskManager()
    this.cluster.startTaskManager(
      {
        'jobmanager.rpc.address': `${this.#subnet}.254`,
        'taskmanager.host': `${this.#subnet}.1`,
      },
      ['ip', 'netns', 'exec', this.#namespace],
    )
    await this.cluster.untilRegistered(taskManagerCount + 1)
  }

  /** One that ends by itself, as it may when a thread of it hangs, is replaced: see `recoveries`. */
  #startTaskManager(): void {
    const settings = { 'taskmanager.host': `${this.#subnet}.254` }
    const name = this.cluster.startTaskManager(settings)
    this.#taskManagers.push(name)
    this.cluster.process(name).once('exit', (exitCode) => {
      if (exitCode === null || this.#isStopping) return
      this.#history.push(`${new Date().toISOString()} ${name} ended with ${exitCode}`)
      this.#endedCount++
      this.#taskManagers.splice(this.#taskManagers.indexOf(name), 1)
      this.#startTaskManager()
    })
  }

  /** `isGone`: it is not among them any more. */
  #anyTaskManager(isGone: boolean): string {
    const at = randomBelow(this.random, this.#taskManagers.length)
    return isGone
      ? (this.#taskManagers.splice(at, 1)[0] as string)
      : (this.#taskManagers[at] as string)
  }

  #startJobManager(port: number): void {
    const name = jobManagerName(this.#jobManagerCount++)
    this.cluster.startProcess(name, ['jobmanager'], { 'jobmanager.rpc.port': String(port) })
    this.#jobManager = { name, port }
  }

  /**
   * The address moves to a successor; the old one goes on beside it, and has to see that. One that
   * was stopped before it led would take over in its turn, and be the one that nobody finds.
   */
  async #replaceJobManager(stoppedMs: number): Promise<void> {
    await this.cluster.untilCluster(() => true)
    const old = this.cluster.process(this.#jobManager.name)
    old.kill('SIGSTOP')
    const port = await freePort()
    this.#startJobManager(port)
    this.#proxy.redirect(port)
    await delay(stoppedMs)
    old.kill('SIGCONT')
  }

  /** To the last byte: every write fails. */
  #fillCheckpointStorage(): void {
    const file = openSync(this.#filler, 'w')
    try {
      for (const zeros = Buffer.alloc(1024 * 1024); ; ) writeSync(file, zeros)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  get #filler(): string {
    return join(this.#checkpoints, 'filler')
  }

  #makeTrouble(way: 'throw' | 'memory'): void {
    writeFileSync(join(this.troubleDirectory, way), '')
  }

  #shell(command: string, ...args: readonly string[]): void {
    const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
    if (status === 0) return
    const said = `${stdout}${stderr}${error?.message ?? ''}`
    throw new Error(`${command} ${args.join(' ')} (it needs root): ${said}`)
  }
}

const jobManagerName = (at: number): string => `jobmanager-${at}`
const pathOf = (entry: Dirent): string => join(entry.parentPath, entry.name)

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(pathOf)
}
