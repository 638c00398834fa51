import type { SlotStatus, Thread, ThreadHost } from '@millrace/core'
import { type Random, randomBelow } from '@millrace/core'
import type { Plant } from '../cluster/plant.ts'
import { checkpointPlants } from './checkpoint-plants.ts'
import { rescalePlants } from './rescale-plants.ts'

const staleTaskSurvivesFencing: Plant = {
  name: 'stale-task-survives-fencing',
  bug: 'a TaskManager whose session closed lets its tasks run on',
  provokedBy: ['isolate-taskmanager', 'stop-taskmanager'],
  taskExecutor: (handler) => ({
    onRegistered: (session) => handler.onRegistered(session),
    onMessage: (message) => handler.onMessage(message),
    onSuspended: () => handler.onSuspended(),
    onResumed: () => handler.onResumed(),
    onClosed: () => {},
  }),
}

const slotLeasedTwice: Plant = {
  name: 'slot-leased-twice',
  bug: 'the ResourceManager takes a slot that is leased for a free one',
  resourceManager: (handler, simulation) => {
    const random = simulation.random('plant')
    return {
      onTaskManagerRegistered: (registration, session) => {
        const answer = handler.onTaskManagerRegistered(registration, session)
        if (answer instanceof Error) return answer
        return {
          onMessage: (message) => {
            if (message.kind !== 'slot-report') answer.onMessage(message)
            else answer.onMessage({ ...message, slots: message.slots.map(forget(random)) })
          },
          onSuspended: () => answer.onSuspended(),
          onResumed: () => answer.onResumed(),
          onClosed: (reason) => answer.onClosed(reason),
        }
      },
    }
  },
}

const sessionLosesMessage: Plant = {
  name: 'session-loses-message',
  bug: 'the first message after a session was resumed is lost',
  provokedBy: ['cut-session'],
  taskManagerHandler: (handler) => {
    let isResumed = false
    return {
      onRegistered: (session) => handler.onRegistered(session),
      onMessage: (message) => {
        if (!isResumed) handler.onMessage(message)
        isResumed = false
      },
      onSuspended: () => handler.onSuspended(),
      onResumed: () => {
        isResumed = true
        handler.onResumed()
      },
      onClosed: (reason) => {
        isResumed = false
        handler.onClosed(reason)
      },
    }
  },
}

const splitAssignedTwice: Plant = {
  name: 'split-assigned-twice',
  bug: 'an event from a coordinator to a reader is now and then delivered twice',
  jobManagerThreadHost: (threadHost, simulation) => {
    const random = simulation.random('plant')
    const duplicating: ThreadHost = {
      start<Data, Out, In>(
        request: Parameters<ThreadHost['start']>[0],
        handler: Parameters<typeof threadHost.start<Data, Out, In>>[1],
      ): Thread<Out> {
        return threadHost.start<Data, Out, In>(request as never, {
          onMessage: (message) => {
            handler.onMessage(message)
            const isEvent = (message as { readonly kind?: string }).kind === 'operator-event'
            if (isEvent && randomBelow(random, 8) === 0) handler.onMessage(message)
          },
          onExit: (exit) => handler.onExit(exit),
        })
      },
    }
    return duplicating
  },
}

const deathUnnoticed: Plant = {
  name: 'death-unnoticed',
  bug: 'a refused connection is not taken for the death of a TaskManager',
  provokedBy: ['crash-taskmanager'],
  livenessProbe: (probe) => ({
    probe: async (address) => {
      const liveness = await probe.probe(address)
      return liveness === 'refused' ? 'unknown' : liveness
    },
  }),
}

const staleLeaderGoesOn: Plant = {
  name: 'stale-leader-goes-on',
  bug: 'a JobManager does not look whether a newer one has claimed an epoch',
  provokedBy: ['replace-jobmanager'],
  highAvailabilityStorage: (storage) => {
    let claimed: string | undefined
    return {
      location: storage.location,
      write: (name, content) => storage.write(name, content),
      create: async (name, content) => {
        const isMade = await storage.create(name, content)
        if (isMade && name.startsWith('epochs/')) claimed = name
        return isMade
      },
      read: (name) => storage.read(name),
      readRange: (name, offset, length) => storage.readRange(name, offset, length),
      copyFrom: (source, name) => storage.copyFrom(source, name),
      delete: (name) => storage.delete(name),
      list: async (folder) =>
        claimed !== undefined && folder === 'epochs' ? [claimed] : storage.list(folder),
      inspect: (folder) => storage.inspect(folder),
      removeEmptyFolders: () => storage.removeEmptyFolders(),
    }
  },
}

/** Every one of them must be found by some seed. */
export const plants: readonly Plant[] = [
  staleTaskSurvivesFencing,
  slotLeasedTwice,
  sessionLosesMessage,
  splitAssignedTwice,
  deathUnnoticed,
  staleLeaderGoesOn,
  ...checkpointPlants,
  ...rescalePlants,
]

function forget(random: Random): (slot: SlotStatus) => SlotStatus {
  return (slot) => {
    if (slot.state !== 'allocated' || randomBelow(random, 4) > 0) return slot
    return { ...slot, state: 'free', allocationId: undefined }
  }
}
