import type { CompletedCheckpoint, CompletedVertex, TaskStateSnapshot } from '@millrace/core'
import type { ExecutionGraph } from '../../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'

/** A task that was over before there was any checkpoint. */
const nothingLeft: TaskStateSnapshot = { operators: [], channels: [], isFinished: true }

/**
 * What a FINISHED task had: part of a completed checkpoint, or it would not be FINISHED. One that
 * was finished already when it began, at another parallelism than then, has nothing: what it had
 * serves nobody any more.
 */
export function finishedSnapshot(
  { jobVertex, subtaskIndex }: ExecutionVertex,
  latest: CompletedCheckpoint | undefined,
): TaskStateSnapshot {
  const completed = latest?.vertices.find(({ vertexId }) => vertexId === jobVertex.id)
  if (completed?.parallelism !== jobVertex.parallelism) return nothingLeft
  const snapshot = completed.subtasks[subtaskIndex]
  // What was on its way then has arrived: it would not be FINISHED otherwise.
  return snapshot?.isFinished === true ? { ...snapshot, channels: [] } : nothingLeft
}

/** The snapshots of all tasks as a checkpoint has them: by vertex, then by subtask. */
export function completedVertices(
  { jobVertices }: ExecutionGraph,
  snapshots: ReadonlyMap<ExecutionVertex, TaskStateSnapshot>,
): readonly CompletedVertex[] {
  return jobVertices.map(({ jobVertex, subtasks }) => ({
    vertexId: jobVertex.id,
    parallelism: jobVertex.parallelism,
    operators: jobVertex.operators.map(({ id, name }) => {
      return { operatorId: id, name, droppedStates: [], renamedStates: [] }
    }),
    subtasks: subtasks.map((vertex) => snapshots.get(vertex) ?? nothingLeft),
  }))
}
