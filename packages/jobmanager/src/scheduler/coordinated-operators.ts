import {
  assert,
  type CompletedCheckpoint,
  type ExecutionAttemptId,
  type JobVertexId,
  type OperatorId,
  type RestoredCoordinator,
} from '@millrace/core'
import type { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { CoordinatorCommand } from './job-scheduler-command.ts'

// What coordinators in the job host are told of their readers. Pure.
//
// Invariants
//  - A reader is registered before its task is submitted, with a coordinator that was started.
//  - Each registered attempt fails at most once, and before the next of its subtask is registered.
//  - When all readers of a coordinator start again, the coordinator starts again before them.

interface CoordinatedOperator {
  readonly operatorId: OperatorId
  readonly parallelism: number
  /** Whether all its readers lie in one region: they only start again all together. */
  readonly isOneRegion: boolean
  isStarted: boolean
  /** Attempts the running coordinator knows, by subtask. */
  readonly readers: Map<number, ExecutionAttemptId>
}

export class CoordinatedOperators {
  readonly #byVertex = new Map<JobVertexId, CoordinatedOperator[]>()

  constructor(executionGraph: ExecutionGraph, coordinated: readonly OperatorId[]) {
    for (const { jobVertex, subtasks } of executionGraph.jobVertices) {
      const operators = jobVertex.operators
        .filter((operator) => coordinated.includes(operator.id))
        .map((operator) => ({
          operatorId: operator.id,
          parallelism: jobVertex.parallelism,
          isOneRegion: new Set(subtasks.map((each) => each.regionIndex)).size === 1,
          isStarted: false,
          readers: new Map<number, ExecutionAttemptId>(),
        }))
      this.#byVertex.set(jobVertex.id, operators)
    }
  }

  /** Before these tasks are submitted. */
  onDeploying(
    vertices: readonly ExecutionVertex[],
    checkpoint: CompletedCheckpoint | undefined,
  ): readonly CoordinatorCommand[] {
    const pairs = this.#pairs(vertices)
    const toStart = new Set(pairs.map(([operator]) => operator).filter((each) => !each.isStarted))
    for (const operator of toStart) {
      operator.isStarted = true
      operator.readers.clear()
    }
    const operators = [...toStart].map((operator) => operator.operatorId)
    const restartingAsOne = [...toStart].flatMap((operator) =>
      operator.isOneRegion ? operator.operatorId : [],
    )
    const restored = restoredCoordinators(checkpoint, operators)
    const start: CoordinatorCommand = {
      kind: 'start-coordinators',
      operators,
      restartingAsOne,
      restored,
      restoredCheckpointId: checkpoint?.checkpointId,
    }
    const registrations = pairs.map(([operator, vertex]): CoordinatorCommand => {
      const { attemptId } = vertex.execution
      operator.readers.set(vertex.subtaskIndex, attemptId)
      return { kind: 'reader-registered', ...readerOf(operator, vertex) }
    })
    return operators.length === 0 ? registrations : [start, ...registrations]
  }

  /** These tasks are over and will start again, those that had finished too. */
  onRestarting(
    vertices: readonly ExecutionVertex[],
    restoredCheckpointId: number | undefined,
  ): readonly CoordinatorCommand[] {
    const pairs = this.#pairs(vertices)
    const failed = pairs
      .filter(([operator, { subtaskIndex, execution }]) => {
        return operator.readers.get(subtaskIndex) === execution.attemptId
      })
      .map(([operator, vertex]): CoordinatorCommand => {
        operator.readers.delete(vertex.subtaskIndex)
        return { kind: 'reader-failed', ...readerOf(operator, vertex), restoredCheckpointId }
      })
    for (const [operator, of] of Map.groupBy(pairs, ([each]) => each)) {
      if (of.length === operator.parallelism) operator.isStarted = false
    }
    return failed
  }

  /**
   * The coordinator, or all where it is not known which, is started anew before its next reader.
   * Returns the vertex that its operator is chained in, where it is known.
   */
  onCoordinatorFailed(failedId: OperatorId | undefined): JobVertexId | undefined {
    const vertexId = failedId === undefined ? undefined : this.#vertexIdOf(failedId)
    const operatorId = vertexId === undefined ? undefined : failedId
    for (const operator of [...this.#byVertex.values()].flat()) {
      if (operatorId !== undefined && operator.operatorId !== operatorId) continue
      operator.isStarted = false
      operator.readers.clear()
    }
    return vertexId
  }

  /** The vertex the operator is chained in; undefined if it has no coordinator. */
  #vertexIdOf(operatorId: OperatorId): JobVertexId | undefined {
    for (const [vertexId, operators] of this.#byVertex) {
      if (operators.some((operator) => operator.operatorId === operatorId)) return vertexId
    }
    return undefined
  }

  #pairs(vertices: readonly ExecutionVertex[]): [CoordinatedOperator, ExecutionVertex][] {
    return vertices.flatMap((vertex) => {
      const operators = this.#byVertex.get(vertex.jobVertex.id) ?? []
      return operators.map((each): [CoordinatedOperator, ExecutionVertex] => [each, vertex])
    })
  }
}

function readerOf(
  { operatorId }: CoordinatedOperator,
  { subtaskIndex, execution }: ExecutionVertex,
): {
  readonly operatorId: OperatorId
  readonly subtaskIndex: number
  readonly attemptId: ExecutionAttemptId
} {
  return { operatorId, subtaskIndex, attemptId: execution.attemptId }
}

function restoredCoordinators(
  checkpoint: CompletedCheckpoint | undefined,
  operators: readonly OperatorId[],
): readonly RestoredCoordinator[] {
  const coordinators = checkpoint?.coordinators ?? []
  return coordinators.flatMap(({ operatorId, blob }) => {
    if (!operators.includes(operatorId)) return []
    assert(blob.kind === 'inline', `The state of coordinator ${operatorId} is in the metadata`)
    return { operatorId, state: blob.bytes }
  })
}
