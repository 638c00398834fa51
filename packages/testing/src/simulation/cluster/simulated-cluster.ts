import type { JobManager, JobManagerOptions } from '@millrace/jobmanager'
import type { SessionOptions } from '@millrace/rpc'
import type { TaskExecutorOptions } from '@millrace/taskmanager'
import type { LinkOptions } from '../edge/links.ts'
import type { Callee } from '../edge/simulated-calls.ts'
import { SimulatedDisk } from '../edge/simulated-file-system.ts'
import { SimulatedNetwork } from '../edge/simulated-network.ts'
import type { ThreadEnd } from '../edge/simulated-thread-host.ts'
import type { Actor } from '../world/actor.ts'
import type { Simulation } from '../world/simulation.ts'
import { type ClusterObserver, type Observe, observeAll } from './cluster-observer.ts'
import type { Plant } from './plant.ts'
import { type ModuleRegistry, productThreads } from './product-threads.ts'
import { jobManagerHost, SimulatedJobManager, type ThreadExits } from './simulated-job-manager.ts'
import { SimulatedTaskManager } from './simulated-task-manager.ts'

export interface ClusterOptions {
  readonly taskManagerCount: number
  readonly links: LinkOptions
  readonly session: SessionOptions
  readonly jobManager: Omit<JobManagerOptions, 'processId' | 'bundleDirectory'>
  readonly taskManager: TaskExecutorOptions
}

/** After it a process manager starts a JobManager again that could not begin. */
const restartMs = 1_000

/** What the processes of one cluster share. */
export interface ClusterParts {
  readonly simulation: Simulation
  readonly network: SimulatedNetwork
  readonly options: ClusterOptions
  readonly plant: Plant | undefined
  readonly observe: Observe
  readonly diskOf: (host: string) => SimulatedDisk
  readonly findJobManager: () => Callee<JobManager> | undefined
}

/** Thrown by code of a job to unwind a thread that has just ended, or blocks for ever. */
class ThreadIsOver extends Error {}

/**
 * A JobManager and TaskManagers on virtual time: the product's own classes on simulated edges. It
 * is crashed, stopped, cut off and healed by the methods here.
 */
export class SimulatedCluster {
  readonly simulation: Simulation
  readonly network: SimulatedNetwork
  readonly hosts: readonly string[]
  readonly observe: Observe
  readonly #parts: ClusterParts
  readonly #modules: ModuleRegistry
  readonly #disks = new Map<string, SimulatedDisk>()
  readonly #exits: ThreadExits = new Map()
  readonly #taskManagers = new Map<string, SimulatedTaskManager>()
  #jobManager: SimulatedJobManager
  #startCount = 0

  constructor(
    simulation: Simulation,
    options: ClusterOptions,
    modules: ModuleRegistry,
    watch: { readonly observers: readonly ClusterObserver[]; readonly plant: Plant | undefined },
  ) {
    this.simulation = simulation
    this.network = new SimulatedNetwork(simulation, options.links)
    this.observe = observeAll(watch.observers)
    this.#modules = modules
    this.#parts = {
      simulation,
      network: this.network,
      options,
      plant: watch.plant,
      observe: this.observe,
      diskOf: (host) => this.diskOf(host),
      findJobManager: () => (this.#jobManager.isServing ? this.#jobManager : undefined),
    }
    this.hosts = Array.from({ length: options.taskManagerCount }, (_, i) => `tm-${i + 1}`)
    this.#jobManager = this.#newJobManager()
    for (const host of this.hosts) this.startTaskManager(host)
  }

  get jobManagerActor(): Actor {
    return this.#jobManager.actor
  }

  readonly findJobManager = (): Callee<JobManager> | undefined => this.#parts.findJobManager()

  actorOf(host: string): Actor | undefined {
    return this.#taskManagers.get(host)?.actor
  }

  diskOf(host: string): SimulatedDisk {
    const known = this.#disks.get(host)
    if (known !== undefined) return known
    const disk = new SimulatedDisk()
    disk.tearsWrites = true
    this.#disks.set(host, disk)
    return disk
  }

  /** Its earlier process must be dead. */
  startTaskManager(host: string): void {
    if (this.actorOf(host)?.isAlive === true) return
    this.#startCount++
    const name = `${host}.${this.#startCount}`
    this.#taskManagers.set(
      host,
      new SimulatedTaskManager(this.#parts, { name, host }, this.#threads(host), this.#exits),
    )
  }

  restartJobManager(): void {
    if (!this.#jobManager.actor.isAlive) this.#jobManager = this.#newJobManager()
  }

  /**
   * The JobManager stands still, and its successor starts beside it; the old one goes on when it is
   * resumed. Returns the old one.
   */
  replaceJobManager(): Actor {
    const former = this.#jobManager.actor
    this.stop(former)
    this.#jobManager = this.#newJobManager()
    return former
  }

  crash(actor: Actor): void {
    this.simulation.note(actor, 'CRASH')
    actor.kill()
  }

  stop(actor: Actor): void {
    this.simulation.note(actor, 'STOP')
    actor.stop()
  }

  resume(actor: Actor): void {
    if (!actor.isStopped) return
    this.simulation.note(actor, 'RESUME')
    this.simulation.resume(actor)
  }

  /** Cuts one TaskManager off from everybody. */
  isolate(host: string, direction: 'both' | 'in' | 'out'): void {
    this.simulation.note(this.simulation.world, `ISOLATE ${host} ${direction}`)
    const others = [jobManagerHost, ...this.hosts].filter((other) => other !== host)
    this.network.isolate(host, others, direction)
  }

  heal(): void {
    this.simulation.note(this.simulation.world, 'HEAL')
    this.network.heal()
  }

  /** Breaks connections; both ends learn of it within `withinMs`. */
  cut(what: 'session' | 'data', host: string, withinMs: number): void {
    const count = this.network.cut((label) => label.startsWith(`${what} ${host}`), withinMs)
    this.simulation.note(this.simulation.world, `CUT ${what} ${host} ${count}`)
  }

  /** All threads that run a slot on this host now. */
  threadsOf(host: string): readonly Actor[] {
    return [...(this.actorOf(host)?.children ?? [])]
  }

  /** Ends a thread as user code would: out of memory, process.exit(), an error in a timer. */
  endThread(thread: Actor, end: ThreadEnd): void {
    this.simulation.note(thread, `THREAD ${end}`)
    this.#exits.get(thread)?.({
      reason: end,
      exitCode: 1,
      error: end === 'error' ? new Error('simulated error outside of any call') : undefined,
    })
  }

  /** An endless loop: it takes no message and never comes back. */
  blockThread(thread: Actor): void {
    this.simulation.note(thread, 'THREAD blocked')
    thread.stop()
  }

  /** Called by code of a job: the thread it runs in ends, or never comes back. */
  endCurrentThread(end: ThreadEnd | 'blocked'): never {
    const thread = this.simulation.current
    if (end === 'blocked') this.blockThread(thread)
    else this.endThread(thread, end)
    throw new ThreadIsOver(end)
  }

  #newJobManager(): SimulatedJobManager {
    this.#startCount++
    const name = `jobmanager.${this.#startCount}`
    const { simulation } = this
    const onFailed = (): void => {
      simulation.schedule(simulation.world, restartMs, 'restart', () => this.restartJobManager())
    }
    const place = { name, onFailed }
    return new SimulatedJobManager(this.#parts, place, this.#threads(jobManagerHost), this.#exits)
  }

  #threads(host: string): ReturnType<typeof productThreads> {
    return productThreads(this.#parts, this.#modules, host)
  }
}
