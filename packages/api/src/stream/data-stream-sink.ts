import type { Transformation } from './transformation.ts'

/** The end of a stream in a sink, with the settings of the sink. */
export class DataStreamSink {
  readonly #transformation: Transformation

  constructor(transformation: Transformation) {
    this.#transformation = transformation
  }

  /** Stable name, unique in the job. */
  name(name: string): this {
    this.#transformation.configure({ name })
    return this
  }

  /** The same as `name`: in Millrace the name identifies the operator. */
  uid(uid: string): this {
    return this.name(uid)
  }

  /** Number of subtasks of the sink, 1 to 32768. */
  setParallelism(parallelism: number): this {
    this.#transformation.configure({ parallelism })
    return this
  }

  /** The sink is not chained to what feeds it. */
  disableChaining(): this {
    this.#transformation.configure({ chaining: 'never' })
    return this
  }

  /** Subtasks of one group share slots. */
  slotSharingGroup(group: string): this {
    this.#transformation.configure({ slotSharingGroup: group })
    return this
  }
}
