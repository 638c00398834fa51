import type {
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  RuntimeContext,
  ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import { type JobInformation, MillraceError, type TaskDeployment } from '@millrace/core'
import type { KeyedStateBackend } from '@millrace/state'

/** What a running function can know of where it runs. */
export class StreamingRuntimeContext implements RuntimeContext {
  readonly #job: JobInformation
  readonly #deployment: TaskDeployment
  readonly #keyed: KeyedStateBackend | undefined
  readonly operatorName: string

  /** `keyed`: undefined for an operator whose input is no keyed stream. */
  constructor(
    job: JobInformation,
    deployment: TaskDeployment,
    operatorName: string,
    keyed: KeyedStateBackend | undefined,
  ) {
    this.#job = job
    this.#deployment = deployment
    this.operatorName = operatorName
    this.#keyed = keyed
  }

  get jobId(): JobInformation['jobId'] {
    return this.#job.jobId
  }

  get jobName(): string {
    return this.#job.jobName
  }

  get subtaskIndex(): number {
    return this.#deployment.subtaskIndex
  }

  get parallelism(): number {
    return this.#deployment.parallelism
  }

  get attemptNumber(): number {
    return this.#deployment.attemptNumber
  }

  get args(): JobInformation['args'] {
    return this.#job.args
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.#keyedFor(descriptor.name).getValueState(descriptor)
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#keyedFor(descriptor.name).getListState(descriptor)
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#keyedFor(descriptor.name).getMapState(descriptor)
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.#keyedFor(descriptor.name).getReducingState(descriptor)
  }

  getAggregatingState<In, Accumulator, Out>(
    descriptor: AggregatingStateDescriptor<In, Accumulator, Out>,
  ): AggregatingState<In, Out> {
    return this.#keyedFor(descriptor.name).getAggregatingState(descriptor)
  }

  #keyedFor(stateName: string): KeyedStateBackend {
    if (this.#keyed !== undefined) return this.#keyed
    throw new MillraceError(
      'KEY_INVALID',
      `Operator '${this.operatorName}' asks for the state '${stateName}', but its input has no ` +
        `keys. Call keyBy before it.`,
      { blame: 'user' },
    )
  }
}
