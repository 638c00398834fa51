import {
  type CompletedCheckpoint,
  type CompletedVertex,
  isPointwise,
  type JobGraph,
  type JobVertex,
  type JobVertexId,
  keyGroupRange,
  type OperatorId,
  type OperatorRestore,
  type OperatorSubtaskState,
  producersOf,
  type TaskRestore,
} from '@millrace/core'
import { ChannelAssignment } from './channel-assignment.ts'

// Who begins with what of a checkpoint. Pure.
//
// Invariants
//  - State belongs to operators: it is found by their ids, however they were chained and however
//    often they ran.
//  - Over all subtasks of an operator every key group is handed out once. Operator state goes to
//    the subtask it was of where there are as many as there were; else to all, each of which takes
//    its part. Union lists go to all in any case.
//  - A subtask is finished only if all its operators were, and all subtasks that feed it are:
//    records that still come must find somebody who takes them.

export interface SubtaskPlace {
  readonly vertexId: JobVertexId
  readonly subtaskIndex: number
}

/** The state of a completed checkpoint, dealt out among the subtasks of a graph. */
export class StateAssignment {
  readonly checkpoint: CompletedCheckpoint
  readonly #vertices: ReadonlyMap<JobVertexId, JobVertex>
  readonly #channels: ChannelAssignment
  readonly #sourceOf: ReadonlyMap<OperatorId, CompletedVertex>
  readonly #states = new Map<OperatorId, readonly (OperatorSubtaskState | undefined)[]>()
  /** By vertex, then by subtask. */
  readonly #finished: ReadonlyMap<JobVertexId, readonly boolean[]>

  /** `graph`: of the job as it is now, which may be another one than the checkpoint is of. */
  constructor(checkpoint: CompletedCheckpoint, graph: JobGraph) {
    this.checkpoint = checkpoint
    this.#channels = new ChannelAssignment(checkpoint, graph)
    this.#vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]))
    this.#sourceOf = new Map(
      checkpoint.vertices.flatMap((completed) =>
        completed.operators.map(({ operatorId }) => [operatorId, completed] as const),
      ),
    )
    this.#finished = finishedSubtasks(graph, (vertex) => this.#subtasksThatWereFinished(vertex))
  }

  /** What the subtask begins with. */
  restoreOf({ vertexId, subtaskIndex }: SubtaskPlace): TaskRestore {
    const vertex = this.#vertices.get(vertexId)
    const operators = (vertex?.operators ?? []).flatMap(({ id }) => {
      const restore = this.#operatorRestore(id, subtaskIndex, vertex?.parallelism ?? 1)
      return restore.keyed.length + restore.operator.length === 0 ? [] : restore
    })
    const isFinished = this.#finished.get(vertexId)?.[subtaskIndex] === true
    const channels = this.#channels.channelsOf(vertexId, subtaskIndex)
    return { checkpointId: this.checkpoint.checkpointId, operators, channels, isFinished }
  }

  #operatorRestore(
    operatorId: OperatorId,
    subtaskIndex: number,
    parallelism: number,
  ): OperatorRestore {
    const { subtasks = [], operators = [] } = this.#sourceOf.get(operatorId) ?? {}
    const completed = operators.find((each) => each.operatorId === operatorId)
    const { droppedStates = [], renamedStates = [] } = completed ?? {}
    const isSame = subtasks.length === parallelism
    const own = keyGroupRange(subtaskIndex, parallelism)
    const states = this.#statesOf(operatorId)
    const keyed = states.flatMap((state) => {
      const handle = state?.keyed
      if (handle === undefined) return []
      const { start, end } = handle.keyGroups
      return start < own.end && own.start < end ? handle : []
    })
    const operator = states.map((state, index) => {
      const handle = state?.operator
      if (handle === undefined || !isSame || index === subtaskIndex) return handle
      return handle.states.some(({ mode }) => mode === 'union') ? handle : undefined
    })
    const hasAny = operator.some((handle) => handle !== undefined)
    const operatorState = hasAny ? operator : []
    return { operatorId, keyed, operator: operatorState, droppedStates, renamedStates }
  }

  /** By old subtask. Looked up once, however many subtasks there are now. */
  #statesOf(operatorId: OperatorId): readonly (OperatorSubtaskState | undefined)[] {
    const known = this.#states.get(operatorId)
    if (known !== undefined) return known
    const { subtasks = [] } = this.#sourceOf.get(operatorId) ?? {}
    const states = subtasks.map(({ operators }) =>
      operators.find((state) => state.operatorId === operatorId),
    )
    this.#states.set(operatorId, states)
    return states
  }

  /** By subtask: whether all its operators were finished, as far as the checkpoint says. */
  #subtasksThatWereFinished({ operators, parallelism }: JobVertex): readonly boolean[] {
    const sources = operators.map(({ id }) => this.#sourceOf.get(id)?.subtasks ?? [])
    const areAllFinished = sources.map(
      (subtasks) => subtasks.length > 0 && subtasks.every(({ isFinished }) => isFinished),
    )
    return Array.from({ length: parallelism }, (_, index) =>
      sources.every((subtasks, source) => {
        const isSame = subtasks.length === parallelism
        return isSame ? subtasks[index]?.isFinished === true : areAllFinished[source] === true
      }),
    )
  }
}

/** Of those that were finished, the ones nothing comes to any more. */
function finishedSubtasks(
  { vertices, edges }: JobGraph,
  thatWere: (vertex: JobVertex) => readonly boolean[],
): ReadonlyMap<JobVertexId, readonly boolean[]> {
  const finished = new Map<JobVertexId, readonly boolean[]>()
  const byTarget = Map.groupBy(edges, ({ target }) => target)
  for (const vertex of vertices) {
    let flags = thatWere(vertex)
    for (const { source, partitioner } of byTarget.get(vertex.id) ?? []) {
      const producers = finished.get(source) ?? []
      const areAll = producers.every(Boolean)
      const counts = { producers: producers.length, consumers: vertex.parallelism }
      flags = flags.map((isFinished, index) => {
        if (!isFinished || areAll || !isPointwise(partitioner)) return isFinished && areAll
        return producersOf(partitioner, index, counts).every((each) => producers[each] === true)
      })
    }
    finished.set(vertex.id, flags)
  }
  return finished
}
