import type { JobVertexId, OperatorId } from '../ids.ts'
import type { TypeDescriptor } from '../type/type-descriptor.ts'

/** The eight ways records find their channel. */
export type PartitionerKind =
  | 'forward'
  | 'rebalance'
  | 'rescale'
  | 'shuffle'
  | 'broadcast'
  | 'global'
  | 'hash'
  | 'custom'

/** One operator of a chain, as data: what the graph's hash and `millrace info` see of it. */
export interface JobOperator {
  readonly id: OperatorId
  readonly name: string
  /** 'source', 'map', 'keyed-process', 'sink', … */
  readonly kind: string
  /** Index, in the vertex's list, of the operators that feed it inside the chain; empty: head. */
  readonly chainedInputs: readonly number[]
  /** Declared type of what it emits; undefined where it is inferred. */
  readonly outputType: TypeDescriptor | undefined
}

/** A chain of operators: what is scheduled, `parallelism` times. Operators in topological order. */
export interface JobVertex {
  readonly id: JobVertexId
  readonly name: string
  readonly parallelism: number
  readonly slotSharingGroup: string
  readonly operators: readonly JobOperator[]
}

/** Records of `sourceOperator` to input `inputIndex` (0 or 1) of `targetOperator`. */
export interface JobEdge {
  /** Position in the graph's list; names the edge on the wire. */
  readonly index: number
  readonly source: JobVertexId
  readonly sourceOperator: OperatorId
  readonly target: JobVertexId
  readonly targetOperator: OperatorId
  readonly inputIndex: number
  readonly partitioner: PartitionerKind
}

/** Whether splits end by themselves. A job is bounded if all its sources are. */
export type Boundedness = 'bounded' | 'continuous-unbounded'

/** The chained graph as plain data: equal in every thread that runs the same job function. */
export interface JobGraph {
  readonly name: string
  readonly boundedness: Boundedness
  /** In topological order. */
  readonly vertices: readonly JobVertex[]
  readonly edges: readonly JobEdge[]
  /** Configuration the program set itself (Flink's keys), e.g. restart-strategy.type. */
  readonly config: Readonly<Record<string, string>>
  /** SHA-256 over the canonical form of all of the above, lower-case hexadecimal. */
  readonly hash: string
}
