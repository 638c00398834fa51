import type { StreamEdge, StreamNode } from './stream-graph.ts'

/** Whether `target` runs in the chain of the operator that feeds it. Flink's rules. */
export function isChainable(edge: StreamEdge, target: StreamNode, isChainingOn: boolean): boolean {
  const { source, partitioning } = edge
  return (
    isChainingOn &&
    target.inputs.length === 1 &&
    target.chaining === 'always' &&
    source.chaining !== 'never' &&
    partitioning.kind === 'forward' &&
    source.parallelism === target.parallelism &&
    source.slotSharingGroup === target.slotSharingGroup
  )
}

/** A tree of operators that hand records to each other directly. The head is first. */
export interface Chain {
  readonly nodes: StreamNode[]
}

/** Every node in its chain; chains and their nodes in order of creation, which is topological. */
export function chainsOf(nodes: readonly StreamNode[], isChainingOn: boolean): readonly Chain[] {
  const chains: Chain[] = []
  const chainOf = new Map<StreamNode, Chain>()
  for (const node of nodes) {
    const [edge] = node.inputs
    const upstream =
      edge !== undefined && isChainable(edge, node, isChainingOn)
        ? chainOf.get(edge.source)
        : undefined
    const chain = upstream ?? { nodes: [] }
    if (upstream === undefined) chains.push(chain)
    chain.nodes.push(node)
    chainOf.set(node, chain)
  }
  return chains
}

/** `Source: orders -> Map -> (Sink: a, Filter -> Sink: b)`, as Flink writes it. */
export function chainName(chain: Chain): string {
  const [head] = chain.nodes
  return head === undefined ? '' : nameFrom(head, chain)
}

function nameFrom(node: StreamNode, chain: Chain): string {
  const outputs = chain.nodes
    .filter((other) => other !== chain.nodes[0] && other.inputs[0]?.source === node)
    .map((output) => nameFrom(output, chain))
  const name = displayName(node)
  if (outputs.length === 0) return name
  return outputs.length === 1 ? `${name} -> ${outputs[0]}` : `${name} -> (${outputs.join(', ')})`
}

function displayName({ name, body }: StreamNode): string {
  switch (body.kind) {
    case 'source':
      return `Source: ${name}`
    case 'sink':
      return `Sink: ${name}`
    case 'operator':
      return name
  }
}
