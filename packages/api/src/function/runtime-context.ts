import type {
  AggregatingState,
  JobArguments,
  JobId,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '@millrace/core'
import type { AggregatingStateDescriptor } from '../state/aggregating-state-descriptor.ts'
import type { ListStateDescriptor } from '../state/list-state-descriptor.ts'
import type { MapStateDescriptor } from '../state/map-state-descriptor.ts'
import type { ReducingStateDescriptor } from '../state/reducing-state-descriptor.ts'
import type { ValueStateDescriptor } from '../state/value-state-descriptor.ts'

/** What a running function can know of where it runs. Given to `open`. */
export interface RuntimeContext {
  readonly jobId: JobId
  readonly jobName: string
  /** Name of the operator the function belongs to. */
  readonly operatorName: string
  /** 0 ≤ subtaskIndex < parallelism. */
  readonly subtaskIndex: number
  readonly parallelism: number
  /**
   * 0 for the first try of this subtask under the JobManager that runs the job, then counted up.
   * The next JobManager counts from 0 again, so it tells two tries apart only together with the
   * time, or with the checkpoint that was restored where nothing later can be seen.
   */
  readonly attemptNumber: number
  readonly args: JobArguments
  /**
   * State of the current key; only in functions of a KeyedStream. Ask for it in `open`, use it
   * while a record is processed. A name is one state of the operator: asking for it again as
   * something else is an error.
   */
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>
  getAggregatingState<In, Accumulator, Out>(
    descriptor: AggregatingStateDescriptor<In, Accumulator, Out>,
  ): AggregatingState<In, Out>
}
