import type { JobArguments, JobId } from '@millrace/core'
import type { ValueState, ValueStateDescriptor } from '../state/value-state.ts'

/** What a running function can know of where it runs. Given to `open`. */
export interface RuntimeContext {
  readonly jobId: JobId
  readonly jobName: string
  /** Name of the operator the function belongs to. */
  readonly operatorName: string
  /** 0 ≤ subtaskIndex < parallelism. */
  readonly subtaskIndex: number
  readonly parallelism: number
  /** 0 for the first try of this subtask, then counted up. */
  readonly attemptNumber: number
  readonly args: JobArguments
  /** State of the current key; only in functions of a KeyedStream. */
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>
}
