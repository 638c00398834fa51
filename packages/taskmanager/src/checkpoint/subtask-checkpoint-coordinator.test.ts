import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { TaskDeployment } from '@millrace/core'
import type { CompletionServices } from './snapshot-completion.ts'
import {
  type CheckpointedChain,
  type CheckpointedTask,
  SubtaskCheckpointCoordinator,
} from './subtask-checkpoint-coordinator.ts'

/** A source's coordinator, whose operators hear of checkpoints through `notify`. */
function coordinatorOf(notify: (checkpointId: number) => Promise<void>): {
  readonly coordinator: SubtaskCheckpointCoordinator
  readonly errors: unknown[]
} {
  const errors: unknown[] = []
  const coordinator = new SubtaskCheckpointCoordinator(
    { inputs: [] as TaskDeployment['inputs'] } as TaskDeployment,
    {
      fail: (error: unknown) => errors.push(error),
    } as Partial<CheckpointedTask> as CheckpointedTask,
    { clock: { now: () => 0, monotonicMs: () => 0 } } as CompletionServices,
    { mode: 'EXACTLY_ONCE', alignedTimeoutMs: undefined },
  )
  coordinator.start({ notifyCheckpointComplete: notify } as CheckpointedChain)
  return { coordinator, errors }
}

test('of checkpoints that complete during a notification only the newest is told', async () => {
  const told: number[] = []
  const first = Promise.withResolvers<void>()
  const { coordinator, errors } = coordinatorOf((checkpointId) => {
    told.push(checkpointId)
    return checkpointId === 1 ? first.promise : Promise.resolve()
  })
  for (const checkpointId of [1, 2, 3, 4]) coordinator.notifyComplete(checkpointId)
  await turn()
  assert.deepEqual(told, [1])
  first.resolve()
  await turn()
  assert.deepEqual(told, [1, 4])
  coordinator.notifyComplete(5)
  await turn()
  assert.deepEqual(told, [1, 4, 5])
  assert.deepEqual(errors, [])
})

test('nothing is told after a notification that failed', async () => {
  const told: number[] = []
  const { coordinator, errors } = coordinatorOf((checkpointId) => {
    told.push(checkpointId)
    return Promise.reject(new Error('full'))
  })
  for (const checkpointId of [1, 2]) coordinator.notifyComplete(checkpointId)
  await turn()
  coordinator.notifyComplete(3)
  await turn()
  assert.deepEqual(told, [1])
  assert.deepEqual(errors, [new Error('full')])
})

test('nothing is told after the task is over', async () => {
  const told: number[] = []
  const first = Promise.withResolvers<void>()
  const { coordinator } = coordinatorOf((checkpointId) => {
    told.push(checkpointId)
    return first.promise
  })
  for (const checkpointId of [1, 2]) coordinator.notifyComplete(checkpointId)
  await turn()
  coordinator.close()
  first.resolve()
  await turn()
  assert.deepEqual(told, [1])
})
