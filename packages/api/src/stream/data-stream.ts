import { type MapStateDescription, MillraceError, type PartitionerKind } from '@millrace/core'
import type { Collector } from '../function/collector.ts'
import type {
  Emitted,
  FilterFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  PartitionFunction,
  ProcessContext,
  ProcessFunction,
} from '../function/functions.ts'
import { requireSynchronous, UserFunction } from '../function/user-function.ts'
import type { Partitioning } from '../graph/stream-graph.ts'
import { FilterOperator } from '../operators/filter-operator.ts'
import { FlatMapOperator } from '../operators/flat-map-operator.ts'
import { MapOperator } from '../operators/map-operator.ts'
import { ProcessOperator } from '../operators/process-operator.ts'
import type { StreamOperator } from '../operators/stream-operator.ts'
import { PrintSink } from '../sink/print-sink.ts'
import type { Sink } from '../sink/sink.ts'
import type { BroadcastConnectedStream } from './broadcast-connected-stream.ts'
import { BroadcastStream } from './broadcast-stream.ts'
import { CallSite } from './call-site.ts'
import type { ConnectedStreams } from './connected-streams.ts'
import type { DataStreamSink } from './data-stream-sink.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import type { StreamBuilder } from './stream-builder.ts'
import type { StreamInput, TransformationSpec } from './transformation.ts'

// Whatever its types: a descriptor is given to the engine here, which reads no more of it.
// biome-ignore lint/suspicious/noExplicitAny: descriptors of any types, each invariant in its own.
type AnyMapState = MapStateDescription<any, any>

/** What the caller of `addOperator` knows of an operator. */
export interface OperatorSpec {
  readonly kind: string
  readonly title: string
  readonly operator: StreamOperator
  readonly callSite: CallSite
  readonly needsName?: boolean
  readonly keepsType?: boolean
}

/**
 * A stream of records of type `T`. Every method describes one more step of the job and returns what
 * comes out of it; nothing runs before the job is submitted.
 *
 * ```ts
 * env
 *   .fromElements('to be', 'or not to be')
 *   .flatMap((line: string) => line.split(' '))
 *   .filter((word) => word !== 'or')
 *   .print()
 * ```
 */
export class DataStream<T> {
  /** What records come from. Of the engine, not for programs. */
  readonly inputs: readonly StreamInput[]
  readonly #builder: StreamBuilder

  constructor(builder: StreamBuilder, inputs: readonly StreamInput[]) {
    this.#builder = builder
    this.inputs = inputs
  }

  /**
   * One record for each: `stream.map((order) => order.amount)`, or an object with `map` (and with
   * `open` and `close`, if it needs them).
   */
  map<Out>(
    mapper: MapFunction<T, Out> | ((value: T) => Out),
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.map)
    const userFunction = UserFunction.of(mapper, ['map'], callSite)
    const operator = new MapOperator(userFunction)
    const needsName = this.#mayKeepState(userFunction)
    return this.addOperator({ kind: 'map', title: 'Map', operator, callSite, needsName }, options)
  }

  /** The records the function says yes to: `stream.filter((order) => order.amount > 0)`. */
  filter<S extends T>(
    predicate: (value: T) => value is S,
    options?: OperatorOptions,
  ): SingleOutputStreamOperator<S>
  filter(
    predicate: FilterFunction<T> | ((value: T) => boolean),
    options?: OperatorOptions,
  ): SingleOutputStreamOperator<T>
  filter(
    predicate: FilterFunction<T> | ((value: T) => boolean),
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<T> {
    const callSite = new CallSite(this.filter)
    const userFunction = UserFunction.of(predicate, ['filter'], callSite)
    const operator = new FilterOperator(userFunction)
    const needsName = this.#mayKeepState(userFunction)
    const spec = { kind: 'filter', title: 'Filter', operator, callSite, needsName, keepsType: true }
    return this.addOperator(spec, options)
  }

  /**
   * Any number of records for each, returned as an iterable or given to `out.collect`:
   *
   * ```ts
   * lines.flatMap((line) => line.split(' '))
   * lines.flatMap(function* (line) { for (const match of line.matchAll(/\w+/g)) yield match[0] })
   * lines.flatMap((line, out: Collector<string>) => { if (line !== '') out.collect(line) })
   * ```
   *
   * Where one record becomes very many, return a generator: it is pulled only while what follows
   * takes more, whereas `collect` cannot be made to wait.
   */
  flatMap<Out>(
    flatMapper: FlatMapFunction<T, Out> | ((value: T, out: Collector<Out>) => Emitted<Out>),
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.flatMap)
    const userFunction = UserFunction.of(flatMapper, ['flatMap'], callSite)
    const operator = new FlatMapOperator(userFunction)
    const needsName = this.#mayKeepState(userFunction)
    const spec = { kind: 'flat-map', title: 'FlatMap', operator, callSite, needsName }
    return this.addOperator(spec, options)
  }

  /** The general step: a `ProcessFunction`, or `(value, context, out) => …`. */
  process<Out>(
    processor:
      | ProcessFunction<T, Out>
      | ((value: T, context: ProcessContext, out: Collector<Out>) => Emitted<Out>),
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.process)
    const userFunction = UserFunction.of(processor, ['processElement'], callSite)
    const operator = new ProcessOperator(userFunction)
    const needsName = userFunction.isCheckpointed
    const spec = { kind: 'process', title: 'Process', operator, callSite, needsName }
    return this.addOperator(spec, options)
  }

  /**
   * Brings records of one key together in one subtask, each key with state of its own:
   * `orders.keyBy((order) => order.user)`. The key is a number, string, bigint, boolean, bytes, or
   * an array or plain object of such.
   */
  keyBy<K>(keySelector: KeySelector<T, K>): KeyedStream<T, K> {
    requireFunction(keySelector, 'key selector', new CallSite(this.keyBy))
    const selector = keySelector as KeySelector<unknown, unknown>
    return this.#builder.keyed(
      this.#distributed({ ...distribution('hash'), keySelector: selector }),
    )
  }

  /** The records of this stream and of the others, in no particular order. */
  union(...others: readonly DataStream<T>[]): DataStream<T> {
    const callSite = new CallSite(this.union)
    for (const other of others) {
      this.#requireSameEnvironment(other, callSite)
      if (!(other instanceof DataStream)) {
        throw argumentInvalid(`A stream at ${callSite} is broadcast to states: connect it instead.`)
      }
    }
    return this.#builder.stream([this, ...others].flatMap((stream) => stream.inputs))
  }

  /** Two streams of different types as the two inputs of one operator; the other may be broadcast. */
  connect<T2>(other: DataStream<T2>): ConnectedStreams<T, T2>
  connect<Broadcast>(other: BroadcastStream<Broadcast>): BroadcastConnectedStream<T, Broadcast>
  connect<T2>(
    other: DataStream<T2> | BroadcastStream<T2>,
  ): ConnectedStreams<T, T2> | BroadcastConnectedStream<T, T2> {
    this.#requireSameEnvironment(other, new CallSite(this.connect))
    if (other instanceof DataStream) return this.#builder.connected(this, other)
    return this.#builder.broadcastConnected(this, other)
  }

  /** Deals records out to all subtasks of the next operator in turn. */
  rebalance(): DataStream<T> {
    return this.#partitioned(distribution('rebalance'))
  }

  /** Deals records out in turn to a fixed few subtasks of the next operator, near ones first. */
  rescale(): DataStream<T> {
    return this.#partitioned(distribution('rescale'))
  }

  /** Sends each record to a random subtask of the next operator. */
  shuffle(): DataStream<T> {
    return this.#partitioned(distribution('shuffle'))
  }

  /**
   * Sends each record to every subtask of the next operator. With descriptors: of an operator that
   * keeps what it learns from them in these states, and is made by `connect`.
   */
  broadcast(): DataStream<T>
  broadcast(...descriptors: readonly [AnyMapState, ...(readonly AnyMapState[])]): BroadcastStream<T>
  broadcast(...descriptors: readonly AnyMapState[]): DataStream<T> | BroadcastStream<T> {
    const partitioning = distribution('broadcast')
    if (descriptors.length === 0) return this.#partitioned(partitioning)
    const callSite = new CallSite(this.broadcast)
    for (const descriptor of descriptors as readonly unknown[]) {
      if ((descriptor as Partial<AnyMapState> | undefined)?.kind === 'map') continue
      throw argumentInvalid(`What was passed at ${callSite} is no MapStateDescriptor.`)
    }
    return new BroadcastStream(this.#builder, this.#distributed(partitioning), descriptors)
  }

  /** Sends all records to the first subtask of the next operator. */
  global(): DataStream<T> {
    return this.#partitioned(distribution('global'))
  }

  /** Keeps each record in its subtask; the next operator must have the same parallelism. */
  forward(): DataStream<T> {
    return this.#partitioned(distribution('forward'))
  }

  /**
   * Sends each record where the function says, 0 ≤ result < channelCount:
   * `stream.partitionCustom((user, channelCount) => user % channelCount, (order) => order.user)`.
   */
  partitionCustom<K>(
    partition: PartitionFunction<K> | ((key: K, channelCount: number) => number),
    keySelector: KeySelector<T, K>,
  ): DataStream<T> {
    const callSite = new CallSite(this.partitionCustom)
    UserFunction.of(partition, ['partition'], callSite)
    requireFunction(keySelector, 'key selector', callSite)
    const partitionFunction = typeof partition === 'function' ? { partition } : partition
    return this.#partitioned({
      kind: 'custom',
      keySelector: keySelector as KeySelector<unknown, unknown>,
      partitionFunction: partitionFunction as PartitionFunction<unknown>,
    })
  }

  /** Ends the stream in a sink: `totals.sinkTo(new FileSink('out'), { name: 'totals' })`. */
  sinkTo<Committable, WriterState>(
    sink: Sink<T, Committable, WriterState>,
    options: OperatorOptions = {},
  ): DataStreamSink {
    const callSite = new CallSite(this.sinkTo)
    const anySink = sink as Sink<unknown, unknown, unknown>
    return this.#builder.sink(this.#sinkSpec(anySink, callSite), options)
  }

  /**
   * Prints each record to the standard output of the TaskManager it is on, after the number of the
   * subtask where there are several: `2> {"word":"be","count":2}`. Needs no name.
   */
  print(options: OperatorOptions = {}): DataStreamSink {
    const spec = this.#sinkSpec(new PrintSink(), new CallSite(this.print))
    return this.#builder.sink({ ...spec, derivedName: 'print' }, options)
  }

  /** Adds an operator of one input. Of the engine, not for programs. */
  protected addOperator<Out>(
    spec: OperatorSpec,
    options: OperatorOptions,
  ): SingleOutputStreamOperator<Out> {
    const { kind, title, operator, callSite, needsName = false, keepsType = false } = spec
    const inputs = this.inputs.map((input) => ({ ...input, inputIndex: 0 }))
    const body = { kind: 'operator', operator } as const
    return this.#builder.operator(
      { kind, title, body, inputs, callSite, needsName, keepsType },
      options,
    )
  }

  #sinkSpec(sink: Sink<unknown, unknown, unknown>, callSite: CallSite): TransformationSpec {
    if (typeof sink?.createWriter !== 'function') {
      throw argumentInvalid(`What was passed at ${callSite} is no sink: it has no createWriter().`)
    }
    const inputs = this.inputs.map((input) => ({ ...input, inputIndex: 0 }))
    const body = { kind: 'sink', sink } as const
    return { kind: 'sink', title: 'Sink', body, inputs, callSite, needsName: true }
  }

  /** In a keyed stream a function with a life may ask for state when it is opened. */
  #mayKeepState(userFunction: UserFunction): boolean {
    if (userFunction.isCheckpointed) return true
    return userFunction.isRich && this.inputs.some((input) => input.partitioning?.kind === 'hash')
  }

  #partitioned(partitioning: Partitioning): DataStream<T> {
    return this.#builder.stream(this.#distributed(partitioning))
  }

  #distributed(partitioning: Partitioning): readonly StreamInput[] {
    return this.inputs.map(({ transformation }) => ({ transformation, partitioning }))
  }

  #requireSameEnvironment(other: unknown, callSite: CallSite): void {
    const builder = other instanceof DataStream ? other.#builder : undefined
    if (builder === undefined && !(other instanceof BroadcastStream)) {
      throw argumentInvalid(`What was passed at ${callSite} is no stream.`)
    }
    if ((builder ?? (other as BroadcastStream<unknown>).builder) !== this.#builder) {
      throw argumentInvalid(`The streams at ${callSite} belong to different environments.`)
    }
  }
}

function distribution(kind: PartitionerKind): Partitioning {
  return { kind, keySelector: undefined, partitionFunction: undefined }
}

function requireFunction(value: unknown, what: string, callSite: CallSite): void {
  requireSynchronous(value, what, callSite)
  if (typeof value === 'function') return
  throw argumentInvalid(`The ${what} at ${callSite} is ${typeof value}, not a function.`)
}

function argumentInvalid(message: string): MillraceError {
  return new MillraceError('ARGUMENT_INVALID', message, {
    blame: 'user',
    disposition: 'reject-request',
  })
}
