import type {
  JobEdge,
  JobGraph,
  JobVertexId,
  PartitionerKind,
  TypeDescriptor,
} from '@millrace/core'
import type { KeySelector, PartitionFunction } from '../function/functions.ts'
import type { StreamOperator } from '../operators/stream-operator.ts'
import type { Sink } from '../sink/sink.ts'
import type { Source } from '../source/source.ts'

/** How the records of an edge find their channel, with the user's functions. */
export interface Partitioning {
  readonly kind: PartitionerKind
  /** Set iff 'hash' (the stream is keyed) or 'custom'. */
  readonly keySelector: KeySelector<unknown, unknown> | undefined
  /** Set iff 'custom'. */
  readonly partitionFunction: PartitionFunction<unknown> | undefined
}

/** What a node runs. */
export type NodeBody =
  | { readonly kind: 'source'; readonly source: Source<unknown> }
  | { readonly kind: 'operator'; readonly operator: StreamOperator }
  | { readonly kind: 'sink'; readonly sink: Sink<unknown, unknown, unknown> }

/** 'head' begins a chain, 'never' is alone in its own. */
export type ChainingStrategy = 'always' | 'head' | 'never'

/** One operator of the logical graph. `id` counts from 1 in the order of creation. */
export interface StreamNode {
  readonly id: number
  readonly name: string
  /** Given by the user: identifies the operator's state across versions of the program. */
  readonly isNamed: boolean
  /** The name it had; its state is found under that one too. */
  readonly movedFrom: string | undefined
  /** 'source', 'map', 'keyed-process', 'sink', …: as in JobOperator.kind. */
  readonly kind: string
  readonly body: NodeBody
  readonly parallelism: number
  readonly slotSharingGroup: string
  readonly chaining: ChainingStrategy
  readonly outputType: TypeDescriptor | undefined
  readonly inputs: readonly StreamEdge[]
}

export interface StreamEdge {
  readonly source: StreamNode
  /** 0, or 1 for the second input of a connected stream. */
  readonly inputIndex: number
  readonly partitioning: Partitioning
}

export interface StreamGraph {
  readonly name: string
  /** In order of creation, which is topological. */
  readonly nodes: readonly StreamNode[]
  readonly config: Readonly<Record<string, string>>
}

/** A job function that was called once: the graph as data, and what is behind each vertex. */
export interface BuiltJob {
  readonly jobGraph: JobGraph
  /** Node of each operator of the vertex, in the order of JobVertex.operators. */
  nodesOf(vertexId: JobVertexId): readonly StreamNode[]
  partitioningOf(edge: JobEdge): Partitioning
}
