import {
  type ExecutionAttemptId,
  type JobId,
  randomBelow,
  type SlotCommand,
  type TaskManagerMessage,
} from '@millrace/core'
import type { Plant } from '../cluster/plant.ts'

const keyGroupGivenToTwo: Plant = {
  name: 'key-group-given-to-two-subtasks',
  bug: 'a task that is told to end counts as over before it is',
  provokedBy: ['rescale', 'rescale'],
  resourceManager: (handler, simulation) => {
    const random = simulation.random('plant')
    const jobs = new Map<ExecutionAttemptId, JobId>()
    return {
      onTaskManagerRegistered: (registration, session) => {
        let receive: (message: TaskManagerMessage) => void = () => {}
        const answer = handler.onTaskManagerRegistered(registration, {
          sessionId: session.sessionId,
          close: (reason) => session.close(reason),
          send: (message) => {
            session.send(message)
            if (message.kind === 'submit-task') {
              const { attemptId, jobId } = message.deployment
              jobs.set(attemptId, jobId)
            }
            if (message.kind !== 'cancel-task' || randomBelow(random, 4) > 0) return
            const { attemptId } = message
            const jobId = jobs.get(attemptId)
            if (jobId === undefined) return
            const over = { failure: undefined, channelCounts: [], slotEnded: false }
            const state = { jobId, attemptId, state: 'CANCELED', ...over } as const
            simulation.schedule(simulation.current, 0, 'plant', () =>
              receive({ kind: 'task-execution-state', state }),
            )
          },
        })
        if (answer instanceof Error) return answer
        receive = (message) => answer.onMessage(message)
        return {
          onMessage: (message) => answer.onMessage(message),
          onSuspended: () => answer.onSuspended(),
          onResumed: () => answer.onResumed(),
          onClosed: (reason) => answer.onClosed(reason),
        }
      },
    }
  },
}

const joinedStateLost: Plant = {
  name: 'joined-state-lost',
  bug: 'a subtask that gets the key groups of several begins with those of the first alone',
  provokedBy: ['rescale', 'rescale', 'rescale'],
  slotPort: (port) => ({
    post: (event) => port.post(event),
    onMessage: (receiver) => port.onMessage((command) => receiver(withFirstOnly(command))),
  }),
}

function withFirstOnly(command: SlotCommand): SlotCommand {
  if (command.kind !== 'submit-task') return command
  const { deployment } = command
  const { restore } = deployment
  if (restore === undefined) return command
  const operators = restore.operators.map((operator) => {
    return { ...operator, keyed: operator.keyed.slice(0, 1) }
  })
  return { ...command, deployment: { ...deployment, restore: { ...restore, operators } } }
}

const timerLostAtRescale: Plant = {
  name: 'timer-lost-at-rescale',
  bug: 'a timer fires only where there are as many subtasks as when it was registered',
  provokedBy: ['rescale', 'rescale', 'rescale'],
  timers: () => {
    const registered = new Map<string, number>()
    return {
      onRegistered: (timer, parallelism) => registered.set(timer, parallelism),
      fires: (timer, parallelism) => registered.get(timer) === parallelism,
    }
  },
}

/** Bugs of changes of the parallelism. */
export const rescalePlants: readonly Plant[] = [
  keyGroupGivenToTwo,
  joinedStateLost,
  timerLostAtRescale,
]
