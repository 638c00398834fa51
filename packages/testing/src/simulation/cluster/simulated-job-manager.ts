import { MillraceError, type SessionId, type ThreadExit } from '@millrace/core'
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

  /** `onFailed`: it could not become the leader, and has ended. */
  constructor(
    parts: ClusterParts,
    place: { readonly name: string; readonly onFailed: () => void },
    bodies: ThreadBodies,
    exits: ThreadExits,
  ) {
    const { name, onFailed } = place
    const { simulation, network, observe, plant, options } = parts
    const actor = new Actor(name, jobManagerHost)
    this.actor = actor
    const clock = new SimulatedClock(simulation, actor)
    const random = simulation.random(name)
    const logger = new SimulatedLogger(simulation, actor)
    const threads = new SimulatedThreadHost(simulation, actor, bodies, exits)
    const disk = parts.diskOf(jobManagerHost)
    const fileSystem = new SimulatedFileSystem(simulation, actor, disk)
    const storage = new FileSystemCheckpointStorage(fileSystem, '/ha')
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
          plant?.highAvailabilityStorage?.(storage) ?? storage,
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
    const serve = (): void => {
      server = new SessionServer(
        { clock, random: simulation.random(`${name} sessions`), logger },
        plant?.livenessProbe?.(probe) ?? probe,
        { ...options.session, epoch: this.target.epoch },
        observed,
      )
      serveSessions(network, actor, server)
      this.#isServing = true
    }
    simulation.schedule(actor, 100, 'JobManager starts', () => {
      observe('onProcessStarted', actor)
      this.target.open().then(serve, (error: unknown) => {
        logger.error('process ends', { error })
        actor.kill()
        if (isBug(error)) simulation.onUncaught(error)
        else onFailed()
      })
    })
  }

  /** Whether clients and TaskManagers find it. */
  get isServing(): boolean {
    return this.#isServing && this.actor.isAlive
  }
}

/** A full disk, and another JobManager, are no bugs. */
function isBug(error: unknown): boolean {
  if (error instanceof MillraceError) return error.blame === 'internal'
  return !(error instanceof Error && 'code' in error)
}

export type ThreadExits = Map<Actor, (exit: ThreadExit) => void>
