import {
  type JobEdge,
  type JobGraph,
  JobVertexId,
  OperatorId,
  type PartitionerKind,
} from '@millrace/core'

export interface VertexSketch {
  readonly name: string
  readonly parallelism: number
  readonly group?: string
}

export type EdgeSketch = readonly [source: string, target: string, partitioner: PartitionerKind]

/** A graph from names: vertex `a` has the one operator `a-operator`. */
export function sketchGraph(
  vertices: readonly VertexSketch[],
  edges: readonly EdgeSketch[],
  config: Readonly<Record<string, string>> = {},
): JobGraph {
  return {
    name: 'sketch',
    boundedness: 'bounded',
    vertices: vertices.map(({ name, parallelism, group = 'default' }) => ({
      id: JobVertexId.parse(name),
      name,
      parallelism,
      slotSharingGroup: group,
      operators: [
        {
          id: OperatorId.parse(`${name}-operator`),
          name,
          kind: 'map',
          chainedInputs: [],
          outputType: undefined,
        },
      ],
    })),
    edges: edges.map(
      ([source, target, partitioner], index): JobEdge => ({
        index,
        source: JobVertexId.parse(source),
        sourceOperator: OperatorId.parse(`${source}-operator`),
        target: JobVertexId.parse(target),
        targetOperator: OperatorId.parse(`${target}-operator`),
        inputIndex: 0,
        partitioner,
      }),
    ),
    config,
    hash: '0'.repeat(64),
  }
}
