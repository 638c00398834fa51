import type { SessionId, ThreadExit } from '@millrace/core'
import {
  FileSystemHighAvailability,
  JobManager,
  type JobManagerOptions,
} from '@millrace/jobmanager'
import { SessionServer } from '@millrace/rpc'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { SimulatedFileSystem } from '../edge/simulated-file-system.ts'
import { SimulatedLivenessProbe, serveSessions } from '../edge/simulated-sessions.ts'
import { SimulatedThreadHost, type ThreadBodies } from '../edge/simulated-thread-host.ts'
import { Actor } from '../world/actor.ts'
import { SimulatedClock } from '../world/simulated-clock.ts'
import { SimulatedLogger } from '../world/simulated-logger.ts'
import { observedSessionServerHandler } from './observed-sessions.ts'
import { checkpointHost } from './product-threads.ts'
import type { ClusterParts } from './simulated-cluster.ts'

export const jobManagerHost = 'jobmanager'

/** One run of a JobManager's process. */
export class SimulatedJobManager {
  readonly actor: Actor
  readonly target: JobManager
  #isServing = false

  constructor(parts: ClusterParts, name: string, bodies: ThreadBodies, exits: ThreadExits) {
    const { simulation, network, observe, plant, options } = parts
    const actor = new Actor(name, jobManagerHost)
    this.actor = actor
    const clock = new SimulatedClock(simulation, actor)
    const random = simulation.random(name)
    const logger = new SimulatedLogger(simulation, actor)
    const threads = new SimulatedThreadHost(simulation, actor, bodies, exits)
    const disk = parts.diskOf(jobManagerHost)
    const fileSystem = new SimulatedFileSystem(simulation, actor, disk)
    let server: SessionServer | undefined
    const jobManagerOptions: JobManagerOptions = {
      ...options.jobManager,
      processId: 1,
      bundleDirectory: '/var/bundles',
    }
    this.target = new JobManager(
      {
        clock,
        random,
        logger,
        threadHost: plant?.jobManagerThreadHost?.(threads, simulation) ?? threads,
        fileSystem,
        checkpointStorage: (directory) =>
          new FileSystemCheckpointStorage(
            new SimulatedFileSystem(simulation, actor, parts.diskOf(checkpointHost)),
            directory,
          ),
        highAvailability: new FileSystemHighAvailability(
          new FileSystemCheckpointStorage(fileSystem, '/ha'),
          logger,
          name,
        ),
        readLog: () => Promise.resolve([]),
        lastHeartbeatAgoMs: (sessionId: SessionId) => server?.lastHeartbeatAgoMs(sessionId),
        onFatalError: (error) => {
          logger.error('process ends', { error })
          actor.kill()
        },
      },
      jobManagerOptions,
    )
    const handler = this.target.sessionServerHandler
    const observed = observedSessionServerHandler(
      observe,
      actor,
      plant?.resourceManager?.(handler, simulation) ?? handler,
    )
    const probe = new SimulatedLivenessProbe(network, actor)
    const sessionServer = new SessionServer(
      { clock, random: simulation.random(`${name} sessions`), logger },
      plant?.livenessProbe?.(probe) ?? probe,
      options.session,
      observed,
    )
    server = sessionServer
    simulation.schedule(actor, 100, 'JobManager starts', () => {
      observe('onProcessStarted', actor)
      this.target.open().then(
        () => {
          serveSessions(network, actor, sessionServer)
          this.#isServing = true
        },
        (error: unknown) => simulation.onUncaught(error),
      )
    })
  }

  /** Whether clients and TaskManagers find it. */
  get isServing(): boolean {
    return this.#isServing && this.actor.isAlive
  }
}

export type ThreadExits = Map<Actor, (exit: ThreadExit) => void>
