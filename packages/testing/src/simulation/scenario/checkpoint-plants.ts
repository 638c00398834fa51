import type { ValueState } from '@millrace/api'
import {
  type CheckpointReport,
  type ExecutionAttemptId,
  randomBelow,
  type SlotCommand,
  type TaskManagerMessage,
  type TaskStateSnapshot,
  type Thread,
  type ThreadHandler,
  type ThreadHost,
  type ThreadRequest,
} from '@millrace/core'
import type { Plant, SlotPort } from '../cluster/plant.ts'
import type { Account } from '../jobs/keyed-ledger.ts'

const commitBeforeComplete: Plant = {
  name: 'commit-before-complete',
  bug: "a task takes its own acknowledgement for the checkpoint's completion",
  slotPort: (port, simulation) => {
    const random = simulation.random('plant')
    let deliver: (command: SlotCommand) => void = () => {}
    return {
      post: (event) => {
        port.post(event)
        if (event.kind !== 'acknowledge-checkpoint' || randomBelow(random, 4) > 0) return
        const { attemptId, checkpointId } = event
        const kind = 'notify-checkpoint-complete'
        simulation.schedule(simulation.current, 0, 'plant', () =>
          deliver({ kind, attemptIds: [attemptId], checkpointId }),
        )
      },
      onMessage: (receiver) => {
        deliver = receiver
        port.onMessage(receiver)
      },
    }
  },
}

const barrierOvertaken: Plant = {
  name: 'barrier-overtaken',
  bug: 'a channel that has delivered its barrier is read on in mode EXACTLY_ONCE',
  provokedBy: ['end-thread', 'end-thread', 'end-thread', 'end-thread'],
  slotPort: (port) =>
    received(port, (command) => {
      if (command.kind !== 'prepare') return command
      const { job } = command
      const { checkpointing } = job.state
      if (checkpointing === undefined) return command
      const changed = { ...checkpointing, mode: 'AT_LEAST_ONCE' as const }
      const state = { ...job.state, checkpointing: changed }
      return { ...command, job: { ...job, state } }
    }),
}

const channelStateRestoredTwice: Plant = {
  name: 'channel-state-restored-twice',
  bug: 'records that were on their way are restored at both ends of their channel',
  provokedBy: ['end-thread', 'end-thread', 'end-thread', 'end-thread'],
  slotPort: (port) =>
    received(port, (command) => {
      if (command.kind !== 'submit-task') return command
      const { deployment } = command
      const { restore } = deployment
      if (restore === undefined) return command
      const channels = [...restore.channels, ...restore.channels]
      return { ...command, deployment: { ...deployment, restore: { ...restore, channels } } }
    }),
}

const staleAttemptAcknowledged: Plant = {
  name: 'stale-attempt-acknowledged',
  bug: "an acknowledgement of a subtask's earlier attempt counts for the one that runs",
  provokedBy: ['crash-taskmanager', 'end-thread'],
  resourceManager: (handler, simulation) => {
    const subtasks = new Map<ExecutionAttemptId, string>()
    const latest = new Map<string, Extract<CheckpointReport, { kind: 'acknowledge-checkpoint' }>>()
    return {
      onTaskManagerRegistered: (registration, session) => {
        let receive: (message: TaskManagerMessage) => void = () => {}
        const answer = handler.onTaskManagerRegistered(registration, {
          sessionId: session.sessionId,
          close: (reason) => session.close(reason),
          send: (message) => {
            session.send(message)
            if (message.kind === 'submit-task') {
              const { attemptId, jobId, vertexId, subtaskIndex } = message.deployment
              subtasks.set(attemptId, `${jobId} ${vertexId} ${subtaskIndex}`)
            }
            if (message.kind !== 'trigger-checkpoint') return
            for (const attemptId of message.attemptIds) {
              const stale = latest.get(subtasks.get(attemptId) ?? '')
              if (stale === undefined || stale.attemptId === attemptId) continue
              const { checkpointId } = message
              simulation.schedule(simulation.current, 0, 'plant', () =>
                receive({ ...stale, attemptId, checkpointId }),
              )
            }
          },
        })
        if (answer instanceof Error) return answer
        receive = (message) => answer.onMessage(message)
        return {
          onMessage: (message) => {
            if (message.kind === 'acknowledge-checkpoint') {
              const subtask = subtasks.get(message.attemptId)
              if (subtask !== undefined) latest.set(subtask, message)
            }
            answer.onMessage(message)
          },
          onSuspended: () => answer.onSuspended(),
          onResumed: () => answer.onResumed(),
          onClosed: (reason) => answer.onClosed(reason),
        }
      },
    }
  },
}

/** Always the same, so that snapshots do not overtake each other. */
const overtakenMs = 60

const splitBetweenSnapshotAndBarrier: Plant = {
  name: 'split-between-snapshot-and-barrier',
  bug: 'splits that are assigned after the snapshot of their enumerator overtake the trigger',
  provokedBy: ['crash-taskmanager', 'end-thread'],
  jobManagerThreadHost: (threadHost, simulation) => {
    const delaying: ThreadHost = {
      start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
        return threadHost.start<Data, Out, In>(request, {
          onMessage: (message) => {
            const isSnapshot = (message as { kind?: string }).kind === 'coordinators-snapshotted'
            const deliver = (): void => handler.onMessage(message)
            if (!isSnapshot) deliver()
            else simulation.schedule(simulation.current, overtakenMs, 'plant', deliver)
          },
          onExit: (exit) => handler.onExit(exit),
        })
      },
    }
    return delaying
  },
}

const deltasOfAbortedDropped: Plant = {
  name: 'deltas-of-aborted-dropped',
  bug: 'what was written for a checkpoint that was aborted is left out of later ones',
  provokedBy: ['end-thread', 'flaky-storage', 'flaky-storage'],
  slotPort: (port) => {
    const aborted = new Set<string>()
    const observed = received(port, (command) => {
      if (command.kind === 'notify-checkpoint-aborted') {
        for (const id of command.attemptIds) aborted.add(`${id} ${command.checkpointId}`)
      }
      return command
    })
    return {
      onMessage: (receiver) => observed.onMessage(receiver),
      post: (event) => {
        if (event.kind !== 'acknowledge-checkpoint') {
          port.post(event)
          return
        }
        const isKept = (id: number): boolean => !aborted.has(`${event.attemptId} ${id}`)
        port.post({ ...event, snapshot: withSegments(event.snapshot, isKept) })
      },
    }
  },
}

const stateNotCopied: Plant = {
  name: 'state-not-copied',
  bug: 'value() hands out the object that the state holds',
  valueState: <T extends Account>(state: ValueState<T>): ValueState<T> => {
    const held = new Map<string, T>()
    return {
      value: () => {
        const value = state.value()
        if (value === undefined) return undefined
        const own = held.get(value.key) ?? value
        held.set(value.key, own)
        return own
      },
      update: (value) => {
        if (value !== undefined) held.set(value.key, { ...value })
        state.update(value)
      },
      clear: () => state.clear(),
    }
  },
}

/** Bugs of checkpoints and of what is restored from them. */
export const checkpointPlants: readonly Plant[] = [
  commitBeforeComplete,
  barrierOvertaken,
  channelStateRestoredTwice,
  staleAttemptAcknowledged,
  splitBetweenSnapshotAndBarrier,
  deltasOfAbortedDropped,
  stateNotCopied,
]

function received(port: SlotPort, change: (command: SlotCommand) => SlotCommand): SlotPort {
  return {
    post: (event) => port.post(event),
    onMessage: (receiver) => port.onMessage((command) => receiver(change(command))),
  }
}

function withSegments(
  snapshot: TaskStateSnapshot,
  isKept: (checkpointId: number) => boolean,
): TaskStateSnapshot {
  const operators = snapshot.operators.map((operator) => {
    const { keyed } = operator
    if (keyed === undefined) return operator
    const segments = keyed.segments.filter(({ checkpointId }) => isKept(checkpointId))
    return { ...operator, keyed: { ...keyed, segments } }
  })
  return { ...snapshot, operators }
}
