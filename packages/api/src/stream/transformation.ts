import type { TypeDescriptor } from '@millrace/core'
import type { ChainingStrategy, NodeBody, Partitioning } from '../graph/stream-graph.ts'
import type { CallSite } from './call-site.ts'
import type { OperatorOptions } from './operator-options.ts'

/** What feeds an operator: another one, and how its records get there (undefined: by default). */
export interface StreamInput {
  readonly transformation: Transformation
  readonly partitioning: Partitioning | undefined
}

/** One upstream of an operator with the input (0 or 1) it feeds. */
export interface TransformationInput extends StreamInput {
  readonly inputIndex: number
}

export interface TransformationSpec {
  /** 'source', 'map', 'keyed-process', 'sink', …: as in JobOperator.kind. */
  readonly kind: string
  /** Shown where the user gave no name: 'Map', 'Filter'. */
  readonly title: string
  readonly body: NodeBody
  readonly inputs: readonly TransformationInput[]
  readonly callSite: CallSite
  /** Has state, a position or a destination: refused without a name. */
  readonly needsName: boolean
  /** Prefix of a name that is counted up ('print-1'), where the user need not give one. */
  readonly derivedName?: string | undefined
  /** The only parallelism it can have. */
  readonly parallelismFixed?: number | undefined
  readonly outputType?: TypeDescriptor | undefined
  /** Emits records of the type it receives: a declared type goes on. */
  readonly keepsType?: boolean
}

/** One operator while the program is still describing it. The graph is made of them in the end. */
export class Transformation {
  readonly spec: TransformationSpec
  name: string | undefined
  movedFrom: string | undefined
  parallelism: number | undefined
  slotSharingGroup: string | undefined
  chaining: ChainingStrategy = 'always'
  outputType: TypeDescriptor | undefined

  constructor(spec: TransformationSpec, options: OperatorOptions) {
    this.spec = spec
    this.parallelism = spec.parallelismFixed
    this.outputType = spec.outputType
    this.configure(options)
  }

  configure(options: OperatorOptions): void {
    this.name = options.name ?? this.name
    this.movedFrom = options.movedFrom ?? this.movedFrom
    this.parallelism = options.parallelism ?? this.parallelism
    this.slotSharingGroup = options.slotSharingGroup ?? this.slotSharingGroup
    this.chaining = options.chaining ?? this.chaining
  }

  /** Declared type of what it emits, its own or that of its inputs where they agree. */
  declaredType(): TypeDescriptor | undefined {
    if (this.outputType !== undefined || this.spec.keepsType !== true) return this.outputType
    return commonType(this.spec.inputs)
  }

  /** For messages: `'count' (reduce at /jobs/orders.ts:12:5)`. */
  describe(): string {
    return `'${this.name ?? this.spec.title}' (${this.spec.kind} at ${this.spec.callSite})`
  }
}

/** The type all of these declare, or undefined. */
export function commonType(inputs: readonly StreamInput[]): TypeDescriptor | undefined {
  const [first, ...others] = inputs.map((input) => input.transformation.declaredType())
  const text = JSON.stringify(first)
  return others.every((other) => JSON.stringify(other) === text) ? first : undefined
}
