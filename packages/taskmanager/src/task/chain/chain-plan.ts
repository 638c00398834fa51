import type { BuiltJob, Partitioning, StreamNode } from '@millrace/api/runtime'
import { assert, type JobEdge, type JobVertexId, type TypeDescriptor } from '@millrace/core'

/** A vertex's operators and how records go between them, as the code generator needs it. */
export interface ChainPlan {
  readonly vertexId: JobVertexId
  /** In topological order. */
  readonly operators: readonly PlannedOperator[]
  /** One per edge that ends here, in the order of the graph's edges. */
  readonly inputs: readonly PlannedInput[]
  /** One per edge that starts here, in the order of the graph's edges. */
  readonly outputs: readonly PlannedOutput[]
}

export interface PlannedOperator {
  readonly index: number
  readonly node: StreamNode
  /** Operators of this chain that take what it emits. */
  readonly followers: readonly { readonly index: number; readonly inputIndex: number }[]
  /** Positions in `ChainPlan.outputs`. */
  readonly outputs: readonly number[]
  readonly outputType: TypeDescriptor | undefined
  /** Takes records of a keyed stream: they come with their key. */
  readonly isKeyed: boolean
}

export interface PlannedInput {
  readonly edge: JobEdge
  readonly partitioning: Partitioning
  readonly operatorIndex: number
  readonly inputIndex: number
  readonly isKeyed: boolean
}

export interface PlannedOutput {
  readonly edge: JobEdge
  readonly partitioning: Partitioning
  readonly operatorIndex: number
}

export function planChain(job: BuiltJob, vertexId: JobVertexId): ChainPlan {
  const vertex = job.jobGraph.vertices.find(({ id }) => id === vertexId)
  assert(vertex !== undefined, `The graph has no vertex ${vertexId}`)
  const nodes = job.nodesOf(vertexId)
  assert(nodes.length === vertex.operators.length, `Vertex ${vertexId} lacks nodes`)
  const indexOf = (operatorId: string): number => {
    const index = vertex.operators.findIndex(({ id }) => id === operatorId)
    assert(index >= 0, `Vertex ${vertexId} has no operator ${operatorId}`)
    return index
  }
  const inputs = job.jobGraph.edges
    .filter(({ target }) => target === vertexId)
    .map((edge): PlannedInput => {
      const partitioning = job.partitioningOf(edge)
      const operatorIndex = indexOf(edge.targetOperator)
      const isKeyed = partitioning.kind === 'hash'
      return { edge, partitioning, operatorIndex, inputIndex: edge.inputIndex, isKeyed }
    })
  const outputs = job.jobGraph.edges
    .filter(({ source }) => source === vertexId)
    .map((edge): PlannedOutput => {
      const partitioning = job.partitioningOf(edge)
      return { edge, partitioning, operatorIndex: indexOf(edge.sourceOperator) }
    })
  const operators = nodes.map((node, index): PlannedOperator => {
    const ownOutputs = outputs.flatMap(({ operatorIndex }, position) =>
      operatorIndex === index ? [position] : [],
    )
    const isKeyed = inputs.some((input) => input.operatorIndex === index && input.isKeyed)
    const { outputType } = node
    const followers = followersOf(nodes, node)
    return { index, node, followers, outputs: ownOutputs, outputType, isKeyed }
  })
  return { vertexId, operators, inputs, outputs }
}

/** An edge between two operators of one vertex is a chained one: vertices have no loops. */
function followersOf(nodes: readonly StreamNode[], node: StreamNode): PlannedOperator['followers'] {
  return nodes.flatMap((follower, index) =>
    follower.inputs
      .filter(({ source }) => source === node)
      .map(({ inputIndex }) => ({ index, inputIndex })),
  )
}
