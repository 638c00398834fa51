import { createHash } from 'node:crypto'
import {
  assert,
  type Boundedness,
  type JobEdge,
  type JobGraph,
  type JobOperator,
  type JobVertex,
  JobVertexId,
  OperatorId,
} from '@millrace/core'
import { canonicalJson } from './canonical-json.ts'
import { type Chain, chainName, chainsOf } from './chaining.ts'
import type { BuiltJob, Partitioning, StreamGraph, StreamNode } from './stream-graph.ts'

/** Chains the operators of the logical graph. */
export function generateJobGraph(graph: StreamGraph, isChainingOn: boolean): BuiltJob {
  const chains = chainsOf(graph.nodes, isChainingOn)
  const chainOf = new Map(chains.flatMap((chain) => chain.nodes.map((node) => [node, chain])))
  const vertices = chains.map(vertexOf)
  const nodes = new Map(chains.map((chain) => [vertexIdOf(chain), chain.nodes] as const))
  const edges: JobEdge[] = []
  const partitionings: Partitioning[] = []
  for (const target of graph.nodes) {
    const targetChain = chainOf.get(target)
    for (const { source, inputIndex, partitioning } of target.inputs) {
      const sourceChain = chainOf.get(source)
      assert(sourceChain !== undefined && targetChain !== undefined, 'a node has no chain')
      if (sourceChain === targetChain) continue
      edges.push({
        index: edges.length,
        source: vertexIdOf(sourceChain),
        sourceOperator: operatorIdOf(source),
        target: vertexIdOf(targetChain),
        targetOperator: operatorIdOf(target),
        inputIndex,
        partitioner: partitioning.kind,
      })
      partitionings.push(partitioning)
    }
  }
  const content: Omit<JobGraph, 'hash'> = {
    name: graph.name,
    boundedness: boundednessOf(graph.nodes),
    vertices,
    edges,
    config: graph.config,
  }
  return {
    jobGraph: { ...content, hash: graphHash(content) },
    nodesOf: (vertexId) => found(nodes.get(vertexId), `vertex ${vertexId}`),
    partitioningOf: (edge) => found(partitionings[edge.index], `edge ${edge.index}`),
  }
}

/** SHA-256 over the canonical form of a graph without its hash, lower-case hexadecimal. */
export function graphHash(content: Omit<JobGraph, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}

/** From the stable name, so that it outlives changes of the program; else from the position. */
export function operatorIdOf({ isNamed, name, id, kind }: StreamNode): OperatorId {
  return isNamed ? operatorIdOfName(name) : hashedId(`position:${id}:${kind}`)
}

/** Of an operator that the user gave this name. */
export function operatorIdOfName(name: string): OperatorId {
  return hashedId(`name:${name}`)
}

function hashedId(identity: string): OperatorId {
  return OperatorId.parse(createHash('sha256').update(identity).digest('hex').slice(0, 32))
}

function vertexIdOf(chain: Chain): JobVertexId {
  const [head] = chain.nodes
  assert(head !== undefined, 'a chain is empty')
  return JobVertexId.parse(operatorIdOf(head))
}

function vertexOf(chain: Chain): JobVertex {
  const [head] = chain.nodes
  assert(head !== undefined, 'a chain is empty')
  return {
    id: vertexIdOf(chain),
    name: chainName(chain),
    parallelism: head.parallelism,
    slotSharingGroup: head.slotSharingGroup,
    operators: chain.nodes.map((node) => operatorOf(node, chain)),
  }
}

function operatorOf(node: StreamNode, chain: Chain): JobOperator {
  const isHead = node === chain.nodes[0]
  return {
    id: operatorIdOf(node),
    name: node.name,
    kind: node.kind,
    chainedInputs: isHead ? [] : node.inputs.map(({ source }) => chain.nodes.indexOf(source)),
    outputType: node.outputType,
  }
}

function boundednessOf(nodes: readonly StreamNode[]): Boundedness {
  const isBounded = nodes.every(
    ({ body }) => body.kind !== 'source' || body.source.boundedness === 'bounded',
  )
  return isBounded ? 'bounded' : 'continuous-unbounded'
}

function found<T>(value: T | undefined, what: string): T {
  assert(value !== undefined, `the graph has no ${what}`)
  return value
}
