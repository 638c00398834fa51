import {
  type ChannelRestore,
  type ChannelStateHandle,
  type CompletedCheckpoint,
  type JobEdge,
  type JobGraph,
  type JobVertexId,
  keyGroupRange,
  MillraceError,
  type OperatorId,
} from '@millrace/core'

// Who takes the records that were on their way when a checkpoint was taken. Pure.
//
// Invariants
//  - Every record is handed out once; over a broadcast edge, once to each subtask. Channels that
//    are shared are read by several subtasks, each of which takes the keys that are its own.
//  - Of each pair of subtasks, what was received comes before what was not sent yet.
//  - What cannot be handed out is refused by name, not left out.

/** Subtasks of an edge's consumer, in the checkpoint and now. */
interface Consumers {
  readonly before: number
  readonly now: number
}

export class ChannelAssignment {
  readonly #checkpoint: CompletedCheckpoint
  readonly #graph: JobGraph
  /** In the order in which they are to be processed. */
  readonly #handles: readonly ChannelStateHandle[]
  /**
   * Why it cannot be restored with this graph; undefined: it can. For whoever is about to choose a
   * checkpoint or another parallelism.
   */
  readonly refusal: MillraceError | undefined

  constructor(checkpoint: CompletedCheckpoint, graph: JobGraph) {
    this.#checkpoint = checkpoint
    this.#graph = graph
    const all = checkpoint.vertices.flatMap(({ subtasks }) =>
      subtasks.flatMap(({ channels }) => channels),
    )
    const received = all.filter(({ end }) => end === 'received')
    this.#handles = [...received, ...all.filter(({ end }) => end === 'sent')]
    this.refusal = this.#handles.map((handle) => this.#refusalOf(handle)).find(Boolean)
  }

  /** @throws MillraceError STATE_INCOMPATIBLE, with what `refusal` says. */
  channelsOf(vertexId: JobVertexId, subtaskIndex: number): readonly ChannelRestore[] {
    if (this.#handles.length === 0) return []
    if (this.refusal !== undefined) throw this.refusal
    return this.#handles.flatMap((handle) => {
      const edge = this.#edgeOf(handle)
      if (edge?.target !== vertexId) return []
      const { before, now } = this.#consumersOf(edge)
      const isShared = edge.partitioner === 'hash' && before !== now
      const isOwn = takes(handle, edge, { before, now }, subtaskIndex)
      return isOwn ? { edgeIndex: edge.index, handle, isShared } : []
    })
  }

  #refusalOf(handle: ChannelStateHandle): MillraceError | undefined {
    const edge = this.#edgeOf(handle)
    if (edge === undefined) return this.#refused(handle, 'the program has no such edge any more')
    const { before, now } = this.#consumersOf(edge)
    if (before === now || !isFixed(edge)) return undefined
    const why = `records of a ${edge.partitioner} edge cannot be dealt out among other subtasks`
    return this.#refused(handle, `its parallelism was ${before} and is ${now}, and ${why}`)
  }

  #edgeOf({ sourceOperator, targetOperator, inputIndex }: ChannelStateHandle): JobEdge | undefined {
    return this.#graph.edges.find(
      (edge) =>
        edge.sourceOperator === sourceOperator &&
        edge.targetOperator === targetOperator &&
        edge.inputIndex === inputIndex,
    )
  }

  #consumersOf({ target, targetOperator }: JobEdge): Consumers {
    const completed = this.#checkpoint.vertices.find(({ operators }) =>
      operators.some(({ operatorId }) => operatorId === targetOperator),
    )
    const now = this.#graph.vertices.find(({ id }) => id === target)?.parallelism ?? 0
    return { before: completed?.parallelism ?? now, now }
  }

  #refused({ sourceOperator, targetOperator }: ChannelStateHandle, why: string): MillraceError {
    const { checkpointId } = this.#checkpoint
    const [source, target] = [this.#nameOf(sourceOperator), this.#nameOf(targetOperator)]
    return new MillraceError(
      'STATE_INCOMPATIBLE',
      `Checkpoint ${checkpointId} is unaligned and holds records on their way from '${source}'` +
        ` to '${target}': ${why}. Restore it with the program and parallelism it was taken of, or` +
        ' take a savepoint, which holds none.',
      { blame: 'user', disposition: 'fail-job', details: { checkpointId, source, target } },
    )
  }

  #nameOf(operatorId: OperatorId): string {
    const operators = this.#checkpoint.vertices.flatMap((vertex) => vertex.operators)
    return operators.find((operator) => operator.operatorId === operatorId)?.name ?? operatorId
  }
}

/** Whether records that are on their way there hold the job to its parallelism. */
export function hasFixedEdges({ edges }: JobGraph): boolean {
  return edges.some(isFixed)
}

/** Where a record of it goes is told by nothing that holds for another number of subtasks. */
function isFixed({ partitioner }: JobEdge): boolean {
  return partitioner === 'forward' || partitioner === 'custom'
}

function takes(
  { consumerSubtask }: ChannelStateHandle,
  { partitioner }: JobEdge,
  { before, now }: Consumers,
  subtaskIndex: number,
): boolean {
  if (before === now) return consumerSubtask === subtaskIndex
  switch (partitioner) {
    case 'hash': {
      const [old, own] = [keyGroupRange(consumerSubtask, before), keyGroupRange(subtaskIndex, now)]
      return old.start < own.end && own.start < old.end
    }
    case 'broadcast':
      // The subtask whose broadcast state it takes over as well.
      return consumerSubtask === (subtaskIndex < before ? subtaskIndex : subtaskIndex % before)
    default:
      return consumerSubtask % now === subtaskIndex
  }
}
