import {
  type CompletedCheckpoint,
  type CompletedVertex,
  keyGroupRange,
  type OperatorRestore,
  type TaskRestore,
} from '@millrace/core'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'

/**
 * What the subtask begins with when the checkpoint is restored. With the parallelism of then each
 * subtask gets what it had; with another one, what meets its key groups and all operator state.
 */
export function taskRestore(
  checkpoint: CompletedCheckpoint,
  { jobVertex, subtaskIndex }: ExecutionVertex,
): TaskRestore {
  const { checkpointId } = checkpoint
  const completed = checkpoint.vertices.find(({ vertexId }) => vertexId === jobVertex.id)
  if (completed === undefined) return { checkpointId, operators: [], isFinished: false }
  const isSame = completed.parallelism === jobVertex.parallelism
  const place = { subtaskIndex, parallelism: jobVertex.parallelism, isSame }
  const operators = jobVertex.operators.flatMap(({ id }) => {
    const restore = operatorRestore(completed, id, place)
    return restore.keyed.length + restore.operator.length === 0 ? [] : restore
  })
  const isFinished = isSame
    ? completed.subtasks[subtaskIndex]?.isFinished === true
    : completed.subtasks.every((snapshot) => snapshot.isFinished)
  return { checkpointId, operators, isFinished }
}

function operatorRestore(
  { subtasks }: CompletedVertex,
  operatorId: OperatorRestore['operatorId'],
  place: {
    readonly subtaskIndex: number
    readonly parallelism: number
    readonly isSame: boolean
  },
): OperatorRestore {
  const states = subtasks.map(({ operators }) =>
    operators.find((state) => state.operatorId === operatorId),
  )
  const own = keyGroupRange(place.subtaskIndex, place.parallelism)
  const keyed = states.flatMap((state) => {
    const handle = state?.keyed
    if (handle === undefined) return []
    const { start, end } = handle.keyGroups
    return start < own.end && own.start < end ? handle : []
  })
  const operator = states.map((state, index) => {
    const handle = state?.operator
    if (handle === undefined || !place.isSame || index === place.subtaskIndex) return handle
    return handle.states.some(({ mode }) => mode === 'union') ? handle : undefined
  })
  const hasAny = operator.some((handle) => handle !== undefined)
  return { operatorId, keyed, operator: hasAny ? operator : [] }
}
