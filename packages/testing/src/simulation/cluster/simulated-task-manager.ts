import { TaskManagerId, type TaskManagerRegistration } from '@millrace/core'
import { TaskManagerSessionClient } from '@millrace/rpc'
import { TaskExecutor } from '@millrace/taskmanager'
import { call } from '../edge/simulated-calls.ts'
import { SimulatedFileSystem } from '../edge/simulated-file-system.ts'
import { SimulatedSessionConnector } from '../edge/simulated-sessions.ts'
import { SimulatedThreadHost, type ThreadBodies } from '../edge/simulated-thread-host.ts'
import { Actor } from '../world/actor.ts'
import { SimulatedClock } from '../world/simulated-clock.ts'
import { SimulatedLogger } from '../world/simulated-logger.ts'
import { observedTaskManagerHandler } from './observed-sessions.ts'
import type { ClusterParts } from './simulated-cluster.ts'
import type { ThreadExits } from './simulated-job-manager.ts'

const livenessPort = 7001

/** One run of a TaskManager's process. */
export class SimulatedTaskManager {
  readonly actor: Actor

  constructor(
    parts: ClusterParts,
    place: { readonly name: string; readonly host: string },
    bodies: ThreadBodies,
    exits: ThreadExits,
  ) {
    const { simulation, network, observe, plant, options } = parts
    const { name, host } = place
    const actor = new Actor(name, host)
    this.actor = actor
    const clock = new SimulatedClock(simulation, actor)
    const logger = new SimulatedLogger(simulation, actor)
    const executor = new TaskExecutor(
      {
        clock,
        random: simulation.random(name),
        logger,
        threadHost: new SimulatedThreadHost(simulation, actor, bodies, exits),
        fileSystem: new SimulatedFileSystem(simulation, actor, parts.diskOf(host)),
        fetchBundle: async function* (hash) {
          yield await call(network, actor, parts.findJobManager, 'readBundle', (jobManager) =>
            jobManager.readBundle(hash),
          )
        },
        moduleUrlOf: (path) => `file://${path}`,
        recentLogLines: () => [],
        onFatalError: (error) => {
          logger.error('process ends', { error })
          actor.kill()
        },
      },
      { ...options.taskManager, slot: { ...options.taskManager.slot, advertisedHost: host } },
    )
    const observed = observedTaskManagerHandler(
      observe,
      actor,
      plant?.taskExecutor?.(executor) ?? executor,
    )
    const registration: TaskManagerRegistration = {
      taskManagerId: TaskManagerId.random(simulation.random(`${name} id`)),
      slotCount: options.taskManager.slotCount,
      dataHost: host,
      livenessAddress: `${host}:${livenessPort}`,
      processId: 1,
      version: options.jobManager.version,
    }
    const client = new TaskManagerSessionClient(
      { clock, random: simulation.random(`${name} session`), logger },
      new SimulatedSessionConnector(network, actor),
      { registration, options: options.session },
      plant?.taskManagerHandler?.(observed, simulation) ?? observed,
    )
    simulation.schedule(actor, 100, 'TaskManager starts', () => {
      observe('onProcessStarted', actor)
      network.listen(actor, registration.livenessAddress, 'kernel', (end) => {
        end.close()
        return { onItem: () => {}, onClosed: () => {} }
      })
      executor.start()
      client.start()
    })
  }
}
