import { consumersOf, isPointwise, type JobGraph, type JobVertexId } from '@millrace/core'

/** A subtask's place in the graph, before it has any attempt. */
export interface SubtaskPlace {
  readonly vertexId: JobVertexId
  readonly subtaskIndex: number
}

/**
 * Failover regions: subtasks that are connected by edges, in whatever direction. All edges are
 * pipelined, so a failed subtask takes all those it is connected with along, and no others.
 * Regions and their members are in topological order, then by subtask.
 */
export function pipelinedRegions(graph: JobGraph): readonly (readonly SubtaskPlace[])[] {
  const places: SubtaskPlace[] = []
  const firstPlace = new Map<JobVertexId, number>()
  for (const vertex of graph.vertices) {
    firstPlace.set(vertex.id, places.length)
    for (let subtaskIndex = 0; subtaskIndex < vertex.parallelism; subtaskIndex++) {
      places.push({ vertexId: vertex.id, subtaskIndex })
    }
  }
  const parents = unite(graph, firstPlace, places.length)
  const members = Map.groupBy(places.keys(), (index) => findRoot(parents, index))
  return [...members.values()].map((indexes) => indexes.map((index) => at(places, index)))
}

/** Union-find over places: the parent of each; a place that is its own parent is a root. */
function unite(
  graph: JobGraph,
  firstPlace: ReadonlyMap<JobVertexId, number>,
  placeCount: number,
): number[] {
  const parents = Array.from({ length: placeCount }, (_, index) => index)
  const parallelismOf = new Map(graph.vertices.map((vertex) => [vertex.id, vertex.parallelism]))
  for (const { source, target, partitioner } of graph.edges) {
    const producers = parallelismOf.get(source) ?? 0
    const consumers = parallelismOf.get(target) ?? 0
    const firstProducer = firstPlace.get(source) ?? 0
    const firstConsumer = firstPlace.get(target) ?? 0
    for (let producer = 0; producer < producers; producer++) {
      // An all-to-all edge connects everything already by way of consumer 0 and producer 0.
      const reached =
        isPointwise(partitioner) || producer === 0
          ? consumersOf(partitioner, producer, { producers, consumers })
          : [0]
      for (const consumer of reached) {
        const producerRoot = findRoot(parents, firstProducer + producer)
        parents[findRoot(parents, firstConsumer + consumer)] = producerRoot
      }
    }
  }
  return parents
}

function findRoot(parents: number[], index: number): number {
  let root = index
  while (at(parents, root) !== root) root = at(parents, root)
  for (let next = index; next !== root; ) {
    const parent = at(parents, next)
    parents[next] = root
    next = parent
  }
  return root
}

function at<T>(list: readonly T[], index: number): T {
  // Indexes come from the list's own length.
  return list[index] as T
}
