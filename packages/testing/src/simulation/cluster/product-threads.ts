import { fileURLToPath } from 'node:url'
import type { JobDefinition } from '@millrace/api'
import { JobHost } from '@millrace/api/runtime'
import {
  type Clock,
  type KeyGroupRange,
  MillraceError,
  type SlotCommand,
  type SlotOptions,
} from '@millrace/core'
import {
  FileSystemCheckpointStorage,
  HeapKeyedStateBackend,
  type KeyedStateBackend,
} from '@millrace/state'
import { SlotRuntime } from '@millrace/taskmanager/slot'
import { SimulatedDataTransport } from '../edge/simulated-data-transport.ts'
import { SimulatedFileSystem } from '../edge/simulated-file-system.ts'
import type { ThreadBodies, ThreadBody } from '../edge/simulated-thread-host.ts'
import type { Actor } from '../world/actor.ts'
import { SimulatedClock } from '../world/simulated-clock.ts'
import type { SlotPort } from './plant.ts'
import type { ClusterParts } from './simulated-cluster.ts'

/** Its disk is the one that all hosts see: checkpoint storage. */
export const checkpointHost = 'checkpoint-storage'

/** Stands for `import()`: finds the job that a bundle's content names. */
export interface ModuleRegistry {
  /** As importing in a fresh thread: nothing of an earlier import is there. May throw. */
  evaluate(content: Uint8Array): JobDefinition
}

/** The code of slot threads and job host threads on one host, on simulated edges. */
export function productThreads(
  parts: ClusterParts,
  modules: ModuleRegistry,
  host: string,
): ThreadBodies {
  const load = async (actor: Actor, moduleUrl: string): Promise<JobDefinition> => {
    const fileSystem = new SimulatedFileSystem(parts.simulation, actor, parts.diskOf(host))
    const content = await fileSystem.readFile(fileURLToPath(moduleUrl))
    if (content === undefined) {
      throw new MillraceError('JOB_MODULE_THREW', `There is no module ${moduleUrl}`, {
        disposition: 'retry',
      })
    }
    return modules.evaluate(content)
  }
  return { 'job-host': jobHostThread(parts, load), slot: slotThread(parts, load, host) }
}

/**
 * Stands for a database: state in memory that is written as that of a large one is, a little of the
 * whole with each checkpoint, in many segments.
 */
function smallBases(clock: Clock, keyGroups: KeyGroupRange): KeyedStateBackend {
  return new HeapKeyedStateBackend(clock, keyGroups, {
    baseSizeBytes: 200,
    segmentSizeMaxBytes: 1000,
  })
}

type Load = (actor: Actor, moduleUrl: string) => Promise<JobDefinition>

function jobHostThread({ simulation }: ClusterParts, load: Load): ThreadBody {
  return ({ actor, port, end }) => {
    const clock = new SimulatedClock(simulation, actor)
    const loader = { load: (moduleUrl: string) => load(actor, moduleUrl) }
    new JobHost(clock, port, loader, end).start()
  }
}

function slotThread(parts: ClusterParts, load: Load, host: string): ThreadBody {
  const { simulation, network, observe, plant } = parts
  return ({ actor, data, port }) => {
    observe('onSlotThreadStarted', actor)
    const observed: SlotPort = {
      post: (event) => {
        if (actor.isRunning) observe('onSlotEvent', actor, event)
        port.post(event as never)
      },
      onMessage: (receiver) =>
        port.onMessage((command: SlotCommand) => {
          observe('onSlotCommand', actor, command)
          receiver(command)
        }),
    }
    const clock = new SimulatedClock(simulation, actor)
    const runtime = new SlotRuntime(
      {
        clock,
        random: simulation.random(actor.name),
        transport: new SimulatedDataTransport(network, actor),
        port: plant?.slotPort?.(observed, simulation) ?? observed,
        loadJob: (moduleUrl) => load(actor, moduleUrl),
        checkpointStorage: (directory) =>
          new FileSystemCheckpointStorage(
            new SimulatedFileSystem(parts.simulation, actor, parts.diskOf(checkpointHost)),
            directory,
          ),
        fileSystem: new SimulatedFileSystem(simulation, actor, parts.diskOf(host)),
        openLevelDb: (_name, keyGroups) => Promise.resolve(smallBases(clock, keyGroups)),
      },
      data as SlotOptions,
    )
    runtime.start().catch((error: unknown) => simulation.onUncaught(error))
  }
}
