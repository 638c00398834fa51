import {
  type AggregatingState,
  type Clock,
  encodeGeneric,
  type JobArguments,
  type JobId,
  type ListState,
  type Logger,
  type MapState,
  type ReducingState,
  type ValueState,
} from '@millrace/core'
import type { RuntimeContext } from '../function/runtime-context.ts'
import type { SinkWriterContext } from '../sink/sink.ts'
import type { AggregatingStateDescriptor } from '../state/aggregating-state-descriptor.ts'
import type { ListStateDescriptor } from '../state/list-state-descriptor.ts'
import type { MapStateDescriptor } from '../state/map-state-descriptor.ts'
import type { ReducingStateDescriptor } from '../state/reducing-state-descriptor.ts'
import type { ValueStateDescriptor } from '../state/value-state-descriptor.ts'

/** What a sink needs of the task it runs in, besides the runtime context. */
export interface SinkWriterServices {
  readonly clock: Clock
  readonly logger: Logger
  /** To the sink's coordinator in the job host. */
  readonly sendEvent: (event: Uint8Array) => void
}

/** The runtime context of a sink's subtask, with what is a sink's. */
export class OperatorSinkContext implements SinkWriterContext {
  readonly jobId: JobId
  readonly jobName: string
  readonly operatorName: string
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly attemptNumber: number
  readonly args: JobArguments
  readonly clock: Clock
  readonly logger: Logger
  readonly restoredCheckpointId: number | undefined
  readonly #runtimeContext: RuntimeContext
  readonly #sendEvent: (event: Uint8Array) => void

  constructor(
    context: RuntimeContext,
    services: SinkWriterServices,
    restoredCheckpointId: number | undefined,
  ) {
    this.jobId = context.jobId
    this.jobName = context.jobName
    this.operatorName = context.operatorName
    this.subtaskIndex = context.subtaskIndex
    this.parallelism = context.parallelism
    this.attemptNumber = context.attemptNumber
    this.args = context.args
    this.clock = services.clock
    this.logger = services.logger
    this.restoredCheckpointId = restoredCheckpointId
    this.#runtimeContext = context
    this.#sendEvent = services.sendEvent
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.#runtimeContext.getState(descriptor)
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#runtimeContext.getListState(descriptor)
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#runtimeContext.getMapState(descriptor)
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.#runtimeContext.getReducingState(descriptor)
  }

  getAggregatingState<In, Accumulator, Out>(
    descriptor: AggregatingStateDescriptor<In, Accumulator, Out>,
  ): AggregatingState<In, Out> {
    return this.#runtimeContext.getAggregatingState(descriptor)
  }

  sendEventToCoordinator(event: unknown): void {
    this.#sendEvent(encodeGeneric(event))
  }
}
