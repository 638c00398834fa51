import type { Collector } from './collector.ts'
import type { RuntimeContext } from './runtime-context.ts'
import type { TimeDomain, TimerService } from './timer-service.ts'

/** What a function returns: nothing, or records that the engine pulls. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one of both.
export type Emitted<Out> = void | Iterable<Out>

/**
 * A function with a life: `open` before the first record, `close` after the last, also on failure.
 */
export interface RichFunction {
  open?(context: RuntimeContext): void | Promise<void>
  close?(): void | Promise<void>
}

export interface MapFunction<In, Out> extends RichFunction {
  map(value: In): Out
}

export interface FilterFunction<T> extends RichFunction {
  filter(value: T): boolean
}

/**
 * Zero or more records for each one: by `out.collect`, or by returning an iterable, which the
 * engine pulls while its outputs take more. Return an iterable (a generator) where one record
 * becomes many: `collect` can't be made to wait, so what it may emit for one record is bounded.
 */
export interface FlatMapFunction<In, Out> extends RichFunction {
  flatMap(value: In, out: Collector<Out>): Emitted<Out>
}

/** Combines two records of one key; associative. */
export interface ReduceFunction<T> extends RichFunction {
  reduce(left: T, right: T): T
}

/** A user's key: number, string, bigint, boolean, bytes, array or plain object of such. */
export type KeySelector<T, K> = (value: T) => K

/** Chooses a channel, 0 ≤ result < channelCount. */
export interface PartitionFunction<K> {
  partition(key: K, channelCount: number): number
}

export interface ProcessContext {
  /** Event time of the record in ms, or undefined where none was assigned. */
  timestamp(): number | undefined
  timerService(): TimerService
}

export interface KeyedProcessContext<K> extends ProcessContext {
  getCurrentKey(): K
}

/** What `onTimer` is given: the timer's time, its key, and the means to set further ones. */
export interface OnTimerContext<K> extends KeyedProcessContext<K> {
  /** Time the timer was set for. */
  timestamp(): number
  timeDomain(): TimeDomain
}

/** The general function of one input. */
export abstract class ProcessFunction<In, Out> implements RichFunction {
  open(_context: RuntimeContext): void | Promise<void> {}
  abstract processElement(value: In, context: ProcessContext, out: Collector<Out>): Emitted<Out>
  close(): void | Promise<void> {}
}

/**
 * The general function of one keyed input: with state and timers per key. Timers are set through
 * `context.timerService()`; `docs/timers.md` tells when they fire.
 */
export abstract class KeyedProcessFunction<K, In, Out> implements RichFunction {
  open(_context: RuntimeContext): void | Promise<void> {}
  abstract processElement(
    value: In,
    context: KeyedProcessContext<K>,
    out: Collector<Out>,
  ): Emitted<Out>
  /**
   * Called once for each timer that was set, with state of the key it was set for. A timer whose
   * time has come fires between records; what it returns is pulled as of `processElement`.
   */
  onTimer?(timestamp: number, context: OnTimerContext<K>, out: Collector<Out>): Emitted<Out>
  close(): void | Promise<void> {}
}

export interface CoMapFunction<In1, In2, Out> extends RichFunction {
  map1(value: In1): Out
  map2(value: In2): Out
}

export interface CoFlatMapFunction<In1, In2, Out> extends RichFunction {
  flatMap1(value: In1, out: Collector<Out>): Emitted<Out>
  flatMap2(value: In2, out: Collector<Out>): Emitted<Out>
}

/** The general function of two inputs; its state is keyed where both inputs are. */
export abstract class CoProcessFunction<In1, In2, Out> implements RichFunction {
  open(_context: RuntimeContext): void | Promise<void> {}
  abstract processElement1(value: In1, context: ProcessContext, out: Collector<Out>): Emitted<Out>
  abstract processElement2(value: In2, context: ProcessContext, out: Collector<Out>): Emitted<Out>
  close(): void | Promise<void> {}
}

/** The general function of two keyed inputs: with state and timers per key. */
export abstract class KeyedCoProcessFunction<K, In1, In2, Out> implements RichFunction {
  open(_context: RuntimeContext): void | Promise<void> {}
  abstract processElement1(
    value: In1,
    context: KeyedProcessContext<K>,
    out: Collector<Out>,
  ): Emitted<Out>
  abstract processElement2(
    value: In2,
    context: KeyedProcessContext<K>,
    out: Collector<Out>,
  ): Emitted<Out>
  /** Called once for each timer that was set, with state of the key it was set for. */
  onTimer?(timestamp: number, context: OnTimerContext<K>, out: Collector<Out>): Emitted<Out>
  close(): void | Promise<void> {}
}
