import {
  assert,
  type ExecutionAttemptId,
  type JobGraph,
  type JobVertexId,
  type Random,
} from '@millrace/core'
import { ExecutionJobVertex } from './execution-job-vertex.ts'
import { ExecutionVertex } from './execution-vertex.ts'
import { pipelinedRegions } from './pipelined-regions.ts'

/** The JobGraph times parallelism: every subtask, its current attempt, and its failover region. */
export class ExecutionGraph {
  readonly graph: JobGraph
  /** In topological order. */
  readonly jobVertices: readonly ExecutionJobVertex[]
  /** All subtasks, in topological order of their vertices. */
  readonly vertices: readonly ExecutionVertex[]
  /** Subtasks of each failover region, in topological order. */
  readonly regions: readonly (readonly ExecutionVertex[])[]
  readonly #byId: ReadonlyMap<JobVertexId, ExecutionJobVertex>
  readonly #byAttempt = new Map<ExecutionAttemptId, ExecutionVertex>()

  /** `firstAttemptNumber`: higher than any of an earlier graph of the same job. */
  constructor(graph: JobGraph, random: Random, firstAttemptNumber = 0) {
    this.graph = graph
    const regionIndexes = regionIndexOfEachSubtask(graph)
    this.jobVertices = graph.vertices.map((jobVertex) => {
      const subtasks = Array.from({ length: jobVertex.parallelism }, (_, subtaskIndex) => {
        const regionIndex = regionIndexes.get(jobVertex.id)?.[subtaskIndex] ?? 0
        const place = { subtaskIndex, regionIndex, firstAttemptNumber }
        return new ExecutionVertex(jobVertex, place, random)
      })
      return new ExecutionJobVertex(jobVertex, subtasks)
    })
    this.#byId = new Map(this.jobVertices.map((each) => [each.jobVertex.id, each]))
    this.vertices = this.jobVertices.flatMap((jobVertex) => jobVertex.subtasks)
    const byRegion = Map.groupBy(this.vertices, (vertex) => vertex.regionIndex)
    this.regions = [...byRegion.keys()]
      .sort((left, right) => left - right)
      .map((regionIndex) => byRegion.get(regionIndex) ?? [])
    for (const vertex of this.vertices) {
      this.#byAttempt.set(vertex.execution.attemptId, vertex)
    }
  }

  /** Of all its attempts. */
  get attemptNumberMax(): number {
    return this.vertices.reduce((max, { execution }) => Math.max(max, execution.attemptNumber), 0)
  }

  jobVertex(id: JobVertexId): ExecutionJobVertex {
    const jobVertex = this.#byId.get(id)
    assert(jobVertex !== undefined, `The graph has no vertex ${id}`)
    return jobVertex
  }

  /** The subtask whose current attempt this is; undefined for an old or foreign one. */
  vertexOfAttempt(attemptId: ExecutionAttemptId): ExecutionVertex | undefined {
    return this.#byAttempt.get(attemptId)
  }

  resetForNewExecution(vertex: ExecutionVertex): void {
    this.#byAttempt.delete(vertex.execution.attemptId)
    this.#byAttempt.set(vertex.resetForNewExecution().attemptId, vertex)
  }
}

function regionIndexOfEachSubtask(graph: JobGraph): ReadonlyMap<JobVertexId, readonly number[]> {
  const indexes = new Map<JobVertexId, number[]>()
  for (const [regionIndex, places] of pipelinedRegions(graph).entries()) {
    for (const { vertexId, subtaskIndex } of places) {
      const ofVertex = indexes.get(vertexId) ?? []
      ofVertex[subtaskIndex] = regionIndex
      indexes.set(vertexId, ofVertex)
    }
  }
  return indexes
}
