import { type Random, randomBelow } from '@millrace/core'
import { checkpointHost } from '../cluster/product-threads.ts'
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { jobManagerHost } from '../cluster/simulated-job-manager.ts'
import { between } from '../edge/pipe.ts'
import type { SimulatedDisk } from '../edge/simulated-file-system.ts'
import { pick } from '../jobs/simulated-job.ts'
import type { Actor } from '../world/actor.ts'
import type { FaultKind, UserAct } from './fault-kind.ts'

/** Does bad things to a cluster at random times, and mends them. */
export class Nemesis {
  readonly #cluster: SimulatedCluster
  readonly #random: Random
  readonly #kinds: readonly FaultKind[]
  readonly #busyThreads: () => readonly Actor[]
  readonly #act: (act: UserAct, random: Random) => void
  readonly #blocked: Actor[] = []
  /** JobManagers that stand still, or stood, beside their successor. */
  readonly #replaced: Actor[] = []
  #faultCount = 0
  #isOver = false

  /** `busyThreads`: slot threads that run tasks. `act`: what a user does. */
  constructor(
    cluster: SimulatedCluster,
    kinds: readonly FaultKind[],
    busyThreads: () => readonly Actor[],
    act: (act: UserAct, random: Random) => void,
  ) {
    this.#act = act
    this.#cluster = cluster
    this.#kinds = kinds
    this.#busyThreads = busyThreads
    this.#random = cluster.simulation.random('nemesis')
  }

  get faultCount(): number {
    return this.#faultCount
  }

  /** One fault after the other, so long apart on average. */
  start(pauseMs: number): void {
    if (this.#kinds.length === 0) return
    const next = (): void => {
      if (this.#isOver) return
      this.#strike(pick(this.#random, this.#kinds))
      this.#later(between(this.#random, 0, 2 * pauseMs), next)
    }
    this.#later(between(this.#random, 0, 2 * pauseMs), next)
  }

  /** No more faults; everything is mended and every process runs. */
  end(): void {
    this.#isOver = true
    const cluster = this.#cluster
    cluster.heal()
    cluster.restartJobManager()
    for (const jobManager of [...this.#replaced, cluster.jobManagerActor]) {
      cluster.resume(jobManager)
    }
    for (const host of [jobManagerHost, checkpointHost, ...cluster.hosts]) {
      mend(cluster.diskOf(host))
    }
    for (const host of cluster.hosts) {
      const actor = cluster.actorOf(host)
      if (actor !== undefined) cluster.resume(actor)
      cluster.startTaskManager(host)
    }
    // Nothing but the end of the thread mends an endless loop.
    for (const thread of this.#blocked) cluster.endThread(thread, 'exited')
  }

  #strike(kind: FaultKind): void {
    this.#faultCount++
    const cluster = this.#cluster
    const random = this.#random
    const host = pick(random, cluster.hosts)
    const taskManager = cluster.actorOf(host)
    switch (kind) {
      case 'crash-taskmanager':
        if (taskManager?.isAlive === true) cluster.crash(taskManager)
        this.#later(between(random, 10, 8000), () => cluster.startTaskManager(host))
        return
      case 'stop-taskmanager':
        if (taskManager?.isAlive !== true || taskManager.isStopped) return
        cluster.stop(taskManager)
        this.#later(this.#shortOrLong(), () => cluster.resume(taskManager))
        return
      case 'isolate-taskmanager':
        cluster.isolate(host, pick(random, ['both', 'both', 'in', 'out']))
        this.#later(this.#shortOrLong(), () => cluster.heal())
        return
      case 'cut-session':
        cluster.cut('session', host, between(random, 0, 300))
        return
      case 'cut-data':
        cluster.cut('data', host, between(random, 0, 300))
        return
      case 'end-thread': {
        const threads = cluster.threadsOf(host)
        const end = pick(random, ['exited', 'out-of-memory', 'error'] as const)
        if (threads.length > 0) cluster.endThread(pick(random, threads), end)
        return
      }
      case 'block-thread': {
        const threads = this.#busyThreads()
        if (threads.length === 0) return
        const thread = pick(random, threads)
        cluster.blockThread(thread)
        this.#blocked.push(thread)
        return
      }
      case 'fill-disk':
      case 'fill-storage':
        this.#disturbDisk(kind, (disk) => {
          disk.isFull = true
        })
        return
      case 'slow-disk':
      case 'slow-storage':
        this.#disturbDisk(kind, (disk) => {
          disk.slownessMs = between(random, 10, 3000)
        })
        return
      case 'flaky-storage':
        this.#disturbDisk(kind, (disk) => {
          disk.failureShare = 0.3
        })
        return
      case 'rescale':
      case 'savepoint':
        this.#act(kind, random)
        return
      case 'stop-jobmanager': {
        const jobManager = cluster.jobManagerActor
        if (!jobManager.isRunning) return
        cluster.stop(jobManager)
        this.#later(this.#shortOrLong(), () => cluster.resume(jobManager))
        return
      }
      case 'replace-jobmanager': {
        // One that has not claimed its epoch yet would become its successor's successor.
        if (cluster.findJobManager()?.actor.isRunning !== true) return
        const former = cluster.replaceJobManager()
        this.#replaced.push(former)
        this.#later(this.#shortOrLong(), () => cluster.resume(former))
        return
      }
      case 'crash-jobmanager':
        if (cluster.jobManagerActor.isAlive) cluster.crash(cluster.jobManagerActor)
        this.#later(between(random, 10, 8000), () => cluster.restartJobManager())
    }
  }

  /** A machine's own disk, or the one of checkpoint storage. */
  #disturbDisk(kind: FaultKind, disturb: (disk: SimulatedDisk) => void): void {
    const host = kind.endsWith('-storage')
      ? checkpointHost
      : pick(this.#random, [jobManagerHost, ...this.#cluster.hosts])
    const disk = this.#cluster.diskOf(host)
    this.#cluster.simulation.note(this.#cluster.simulation.world, `DISK ${kind} ${host}`)
    disturb(disk)
    this.#later(between(this.#random, 100, 5000), () => mend(disk))
  }

  /** Below the heartbeat time-out, or well above it. */
  #shortOrLong(): number {
    const isShort = randomBelow(this.#random, 2) === 0
    return isShort ? between(this.#random, 50, 4000) : between(this.#random, 4000, 15_000)
  }

  #later(delayMs: number, run: () => void): void {
    const { simulation } = this.#cluster
    simulation.schedule(simulation.world, delayMs, 'nemesis', run)
  }
}

function mend(disk: SimulatedDisk): void {
  disk.isFull = false
  disk.slownessMs = 0
  disk.failureShare = 0
}
