import type { TypeInformation } from '@millrace/core'
import { DataStream } from './data-stream.ts'
import type { StreamBuilder } from './stream-builder.ts'
import type { Transformation } from './transformation.ts'

/**
 * The stream an operator emits, with the settings of that operator. They may also be given as the
 * last argument of what made it: `stream.map(f, { name: 'parse', parallelism: 4 })`.
 */
export class SingleOutputStreamOperator<T> extends DataStream<T> {
  readonly #transformation: Transformation

  constructor(builder: StreamBuilder, transformation: Transformation) {
    super(builder, [{ transformation, partitioning: undefined }])
    this.#transformation = transformation
  }

  /** Stable name, unique in the job: finds the operator's state again when the program changed. */
  name(name: string): this {
    this.#transformation.configure({ name })
    return this
  }

  /** The same as `name`: in Millrace the name identifies the operator. */
  uid(uid: string): this {
    return this.name(uid)
  }

  /** Number of subtasks of this operator, 1 to 32768. */
  setParallelism(parallelism: number): this {
    this.#transformation.configure({ parallelism })
    return this
  }

  /** The operator begins a new chain; what follows may still be chained to it. */
  startNewChain(): this {
    this.#transformation.configure({ chaining: 'head' })
    return this
  }

  /** The operator is chained to nothing, before or after it. */
  disableChaining(): this {
    this.#transformation.configure({ chaining: 'never' })
    return this
  }

  /** Subtasks of one group share slots; operators that follow are in the same one by default. */
  slotSharingGroup(group: string): this {
    this.#transformation.configure({ slotSharingGroup: group })
    return this
  }

  /** Declares the type of the records: `.returns(types.object({ word: types.string }))`. */
  returns<Declared>(type: TypeInformation<Declared>): SingleOutputStreamOperator<Declared> {
    this.#transformation.outputType = type.descriptor
    // The same object under the type that was declared for its records.
    return this as unknown as SingleOutputStreamOperator<Declared>
  }
}
