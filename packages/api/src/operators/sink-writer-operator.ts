import {
  type AggregatingState,
  assert,
  type Clock,
  decodeGeneric,
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
import type { Sink, SinkWriter, SinkWriterContext } from '../sink/sink.ts'
import type { AggregatingStateDescriptor } from '../state/aggregating-state-descriptor.ts'
import type { ListStateDescriptor } from '../state/list-state-descriptor.ts'
import type { MapStateDescriptor } from '../state/map-state-descriptor.ts'
import type { ReducingStateDescriptor } from '../state/reducing-state-descriptor.ts'
import type { ValueStateDescriptor } from '../state/value-state-descriptor.ts'
import type { ChainCode, OperatorContext, StreamOperator } from './stream-operator.ts'

/** What a sink needs of the task it runs in, besides the runtime context. */
export interface SinkWriterServices {
  readonly clock: Clock
  readonly logger: Logger
  /** To the sink's coordinator in the job host. */
  readonly sendEvent: (event: Uint8Array) => void
}

/** A sink's subtask: hands each record to its writer, and waits where the writer does. */
export class SinkWriterOperator implements StreamOperator {
  /** Read by generated code, which is written before the writer exists. */
  writer: SinkWriter<unknown, unknown, unknown> | undefined = undefined
  readonly #sink: Sink<unknown, unknown, unknown>
  readonly #services: SinkWriterServices

  constructor(sink: Sink<unknown, unknown, unknown>, services: SinkWriterServices) {
    this.#sink = sink
    this.#services = services
  }

  generate(code: ChainCode): string {
    return `${code.bind(this, 'sink')}.writer.write(${code.value});`
  }

  async open(context: OperatorContext): Promise<void> {
    assert(this.writer === undefined, 'a sink is opened twice')
    this.writer = await this.#sink.createWriter(
      new WriterContext(context.runtimeContext, this.#services),
      [],
    )
  }

  blocked(): Promise<void> | undefined {
    return this.writer?.blocked?.()
  }

  handleEvent(event: Uint8Array): void {
    this.writer?.handleEvent?.(decodeGeneric(event))
  }

  finish(): void | Promise<void> {
    return this.writer?.flush(true)
  }

  close(): void | Promise<void> {
    return this.writer?.close()
  }
}

class WriterContext implements SinkWriterContext {
  readonly jobId: JobId
  readonly jobName: string
  readonly operatorName: string
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly attemptNumber: number
  readonly args: JobArguments
  readonly clock: Clock
  readonly logger: Logger
  readonly restoredCheckpointId: number | undefined = undefined
  readonly #runtimeContext: RuntimeContext
  readonly #sendEvent: (event: Uint8Array) => void

  constructor(context: RuntimeContext, services: SinkWriterServices) {
    this.jobId = context.jobId
    this.jobName = context.jobName
    this.operatorName = context.operatorName
    this.subtaskIndex = context.subtaskIndex
    this.parallelism = context.parallelism
    this.attemptNumber = context.attemptNumber
    this.args = context.args
    this.clock = services.clock
    this.logger = services.logger
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
