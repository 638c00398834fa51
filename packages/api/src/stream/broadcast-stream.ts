import type { MapStateDescription } from '@millrace/core'
import type { StreamBuilder } from './stream-builder.ts'
import type { StreamInput } from './transformation.ts'

/**
 * A stream whose records go to every subtask of the next operator, with the states these keep of
 * them. Made by `stream.broadcast(descriptor, …)`, used by `otherStream.connect(…)`.
 */
export class BroadcastStream<T> {
  /** Only of records of this type: the compiler needs to see it. */
  declare protected readonly recordType: T
  /** Of the engine, not for programs. */
  readonly builder: StreamBuilder
  /** Of the engine, not for programs. */
  readonly inputs: readonly StreamInput[]
  readonly descriptors: readonly MapStateDescription<unknown, unknown>[]

  constructor(
    builder: StreamBuilder,
    inputs: readonly StreamInput[],
    descriptors: readonly MapStateDescription<unknown, unknown>[],
  ) {
    this.builder = builder
    this.inputs = inputs
    this.descriptors = descriptors
  }
}
