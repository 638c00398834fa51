import type { Collector } from '../function/collector.ts'
import type {
  Emitted,
  KeyedProcessContext,
  KeyedProcessFunction,
  ReduceFunction,
} from '../function/functions.ts'
import { UserFunction } from '../function/user-function.ts'
import { FieldAccess } from '../operators/field-access.ts'
import { type Extremum, KeyedExtremumOperator } from '../operators/keyed-extremum-operator.ts'
import { KeyedReduceOperator } from '../operators/keyed-reduce-operator.ts'
import { KeyedSumOperator } from '../operators/keyed-sum-operator.ts'
import { ProcessOperator } from '../operators/process-operator.ts'
import { CallSite } from './call-site.ts'
import { DataStream } from './data-stream.ts'
import type { NumericField, Ordered, OrderedField, Sum } from './field.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import { commonType } from './transformation.ts'

/** Options of `minBy` and `maxBy`. */
export interface ExtremumOptions extends OperatorOptions {
  /** Which of two records with equal fields stays. Default 'first'. */
  readonly tie?: 'first' | 'last' | undefined
}

/**
 * A stream whose records of one key meet in one subtask. Functions on it have state for each key.
 * Its operators keep state, so each needs a name:
 *
 * ```ts
 * orders.keyBy((order) => order.user).sum('amount', { name: 'total' })
 * ```
 *
 * Aggregates are rolling: each record that comes in makes one that goes out, the result so far.
 */
export class KeyedStream<T, K> extends DataStream<T> {
  /** The general step with state and timers: a `KeyedProcessFunction`, or `(value, context, out) => …`. */
  override process<Out>(
    processor:
      | KeyedProcessFunction<K, T, Out>
      | ((value: T, context: KeyedProcessContext<K>, out: Collector<Out>) => Emitted<Out>),
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.process)
    const userFunction = UserFunction.of(processor, ['processElement'], callSite, ['onTimer'])
    const operator = new ProcessOperator(userFunction)
    const spec = { kind: 'keyed-process', title: 'KeyedProcess', operator, callSite }
    return this.addOperator({ ...spec, needsName: true }, options)
  }

  /**
   * Combines each record with the result so far of its key:
   * `words.keyBy((w) => w.word).reduce((a, b) => ({ word: a.word, count: a.count + b.count }))`.
   */
  reduce(
    reducer: ReduceFunction<T> | ((left: T, right: T) => T),
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<T> {
    const callSite = new CallSite(this.reduce)
    const userFunction = UserFunction.of(reducer, ['reduce'], callSite)
    const operator = new KeyedReduceOperator(userFunction, commonType(this.inputs))
    const spec = { kind: 'keyed-reduce', title: 'KeyedReduce', operator, callSite }
    return this.addOperator({ ...spec, needsName: true, keepsType: true }, options)
  }

  /**
   * Sum so far. By field name or tuple position: the first record of the key with the sum in that
   * field. By selector: the sum alone.
   */
  sum<F extends NumericField<T>>(field: F, options?: OperatorOptions): SingleOutputStreamOperator<T>
  sum<N extends number | bigint>(
    selector: (value: T) => N,
    options?: OperatorOptions,
  ): SingleOutputStreamOperator<Sum<N>>
  sum<Out>(field: unknown, options: OperatorOptions = {}): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.sum)
    const access = new FieldAccess(field, callSite)
    const operator = new KeyedSumOperator(access, commonType(this.inputs))
    const spec = { kind: 'keyed-sum', title: 'KeyedSum', operator, callSite }
    return this.addOperator({ ...spec, needsName: true, keepsType: !access.isSelector }, options)
  }

  /**
   * Minimum so far. By field name or tuple position: the first record of the key with the minimum
   * in that field. By selector: the minimum alone.
   */
  min<F extends OrderedField<T>>(field: F, options?: OperatorOptions): SingleOutputStreamOperator<T>
  min<V extends Ordered>(
    selector: (value: T) => V,
    options?: OperatorOptions,
  ): SingleOutputStreamOperator<V>
  min<Out>(field: unknown, options: OperatorOptions = {}): SingleOutputStreamOperator<Out> {
    return this.#extremum('min', field, new CallSite(this.min), options)
  }

  /** Maximum so far, in the same manner as `min`. */
  max<F extends OrderedField<T>>(field: F, options?: OperatorOptions): SingleOutputStreamOperator<T>
  max<V extends Ordered>(
    selector: (value: T) => V,
    options?: OperatorOptions,
  ): SingleOutputStreamOperator<V>
  max<Out>(field: unknown, options: OperatorOptions = {}): SingleOutputStreamOperator<Out> {
    return this.#extremum('max', field, new CallSite(this.max), options)
  }

  /** The record of the key with the smallest field so far. */
  minBy(
    field: OrderedField<T> | ((value: T) => Ordered),
    options: ExtremumOptions = {},
  ): SingleOutputStreamOperator<T> {
    return this.#extremum('minBy', field, new CallSite(this.minBy), options)
  }

  /** The record of the key with the largest field so far. */
  maxBy(
    field: OrderedField<T> | ((value: T) => Ordered),
    options: ExtremumOptions = {},
  ): SingleOutputStreamOperator<T> {
    return this.#extremum('maxBy', field, new CallSite(this.maxBy), options)
  }

  #extremum<Out>(
    kind: Extremum['kind'],
    field: unknown,
    callSite: CallSite,
    options: ExtremumOptions,
  ): SingleOutputStreamOperator<Out> {
    const access = new FieldAccess(field, callSite)
    const { tie = 'first' } = options
    const type = commonType(this.inputs)
    const operator = new KeyedExtremumOperator({ kind, field: access, tie }, type)
    const isValueAlone = access.isSelector && (kind === 'min' || kind === 'max')
    const title = `Keyed${kind[0]?.toUpperCase()}${kind.slice(1)}`
    const nodeKind = `keyed-${kind === 'minBy' ? 'min-by' : kind === 'maxBy' ? 'max-by' : kind}`
    const spec = { kind: nodeKind, title, operator, callSite, needsName: true }
    return this.addOperator({ ...spec, keepsType: !isValueAlone }, options)
  }
}
