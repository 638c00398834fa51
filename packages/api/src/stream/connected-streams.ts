import { MillraceError } from '@millrace/core'
import {
  type CoFlatMapFunction,
  type CoMapFunction,
  type CoProcessFunction,
  KeyedCoProcessFunction,
  type KeySelector,
} from '../function/functions.ts'
import { UserFunction } from '../function/user-function.ts'
import { CoFlatMapOperator } from '../operators/co-flat-map-operator.ts'
import { CoMapOperator } from '../operators/co-map-operator.ts'
import { CoProcessOperator } from '../operators/co-process-operator.ts'
import { CallSite } from './call-site.ts'
import type { DataStream, OperatorSpec } from './data-stream.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import type { StreamBuilder } from './stream-builder.ts'

/**
 * Two streams as the inputs of one operator, each with its own type and its own method:
 *
 * ```ts
 * orders
 *   .connect(prices)
 *   .keyBy((order) => order.item, (price) => price.item)
 *   .process(new Join(), { name: 'join' })
 * ```
 */
export class ConnectedStreams<T1, T2> {
  readonly #builder: StreamBuilder
  readonly #first: DataStream<T1>
  readonly #second: DataStream<T2>

  constructor(builder: StreamBuilder, first: DataStream<T1>, second: DataStream<T2>) {
    this.#builder = builder
    this.#first = first
    this.#second = second
  }

  /** Brings records of one key of both streams together. Both keys have the same type. */
  keyBy<K>(first: KeySelector<T1, K>, second: KeySelector<T2, K>): ConnectedStreams<T1, T2> {
    return this.#builder.connected(this.#first.keyBy(first), this.#second.keyBy(second))
  }

  /** One record for each of either stream: an object with `map1` and `map2`. */
  map<Out>(
    mapper: CoMapFunction<T1, T2, Out>,
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.map)
    const userFunction = UserFunction.of(mapper, ['map1', 'map2'], callSite)
    const operator = new CoMapOperator(userFunction)
    const needsName = this.#mayKeepState(userFunction)
    return this.#add({ kind: 'co-map', title: 'CoMap', operator, callSite, needsName }, options)
  }

  /** Any number of records for each of either stream: an object with `flatMap1` and `flatMap2`. */
  flatMap<Out>(
    flatMapper: CoFlatMapFunction<T1, T2, Out>,
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.flatMap)
    const userFunction = UserFunction.of(flatMapper, ['flatMap1', 'flatMap2'], callSite)
    const operator = new CoFlatMapOperator(userFunction)
    const needsName = this.#mayKeepState(userFunction)
    const spec = { kind: 'co-flat-map', title: 'CoFlatMap', operator, callSite, needsName }
    return this.#add(spec, options)
  }

  /**
   * The general step of two inputs. Its state is keyed where both streams are; there it may be a
   * `KeyedCoProcessFunction`, which has timers too.
   */
  process<Out, K = unknown>(
    processor: CoProcessFunction<T1, T2, Out> | KeyedCoProcessFunction<K, T1, T2, Out>,
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.process)
    const methods = ['processElement1', 'processElement2']
    const userFunction = UserFunction.of(processor, methods, callSite, ['onTimer'])
    if (processor instanceof KeyedCoProcessFunction) this.#requireKeys(callSite)
    const operator = new CoProcessOperator(userFunction)
    const needsName = this.#isKeyed() || userFunction.isCheckpointed
    const spec = { kind: 'co-process', title: 'CoProcess', operator, callSite, needsName }
    return this.#add(spec, options)
  }

  #requireKeys(callSite: CallSite): void {
    const inputs = [...this.#first.inputs, ...this.#second.inputs]
    if (inputs.every((input) => input.partitioning?.kind === 'hash')) return
    throw new MillraceError(
      'ARGUMENT_INVALID',
      `The KeyedCoProcessFunction at ${callSite} needs a key of each record, but not both streams` +
        ' have one. Call keyBy before it, or make it a CoProcessFunction.',
      { blame: 'user', disposition: 'reject-request' },
    )
  }

  #mayKeepState(userFunction: UserFunction): boolean {
    return userFunction.isCheckpointed || (this.#isKeyed() && userFunction.isRich)
  }

  #isKeyed(): boolean {
    const inputs = [...this.#first.inputs, ...this.#second.inputs]
    return inputs.some((input) => input.partitioning?.kind === 'hash')
  }

  #add<Out>(spec: OperatorSpec, options: OperatorOptions): SingleOutputStreamOperator<Out> {
    const { kind, title, operator, callSite, needsName = false } = spec
    const inputs = [
      ...this.#first.inputs.map((input) => ({ ...input, inputIndex: 0 })),
      ...this.#second.inputs.map((input) => ({ ...input, inputIndex: 1 })),
    ]
    const body = { kind: 'operator', operator } as const
    return this.#builder.operator({ kind, title, body, inputs, callSite, needsName }, options)
  }
}
