import type { BroadcastState, MapStateDescription, ReadOnlyBroadcastState } from '@millrace/core'
import type { Collector } from './collector.ts'
import type { Emitted, KeyedProcessContext, OnTimerContext, ProcessContext } from './functions.ts'
import type { RuntimeContext } from './runtime-context.ts'

/** What goes with an element: it may read the broadcast state, for other subtasks see it not. */
export interface ReadOnlyBroadcastContext extends ProcessContext {
  /** `descriptor`: one of those that were given to `broadcast`. */
  getBroadcastState<K, V>(descriptor: MapStateDescription<K, V>): ReadOnlyBroadcastState<K, V>
}

/** What goes with a broadcast element, which every subtask gets. */
export interface BroadcastContext {
  /** Event time of the record in ms, or undefined where none was assigned. */
  timestamp(): number | undefined
  /** Milliseconds since 1970, as the clock of the machine shows it: another one in each subtask. */
  currentProcessingTime(): number
  currentWatermark(): number
  /**
   * `descriptor`: one of those that were given to `broadcast`. Every subtask has to change it in
   * the same way: by the element alone, not by time, chance or what else it knows.
   */
  getBroadcastState<K, V>(descriptor: MapStateDescription<K, V>): BroadcastState<K, V>
}

export interface KeyedReadOnlyBroadcastContext<K>
  extends ReadOnlyBroadcastContext,
    KeyedProcessContext<K> {}

export interface OnTimerBroadcastContext<K> extends OnTimerContext<K> {
  getBroadcastState<MapKey, V>(
    descriptor: MapStateDescription<MapKey, V>,
  ): ReadOnlyBroadcastState<MapKey, V>
}

/**
 * The function of a stream and of a broadcast one, whose elements are rules, settings and the like:
 * every subtask gets all of these and keeps them in broadcast state.
 */
export abstract class BroadcastProcessFunction<In, Broadcast, Out> {
  open(_context: RuntimeContext): void | Promise<void> {}
  abstract processElement(
    value: In,
    context: ReadOnlyBroadcastContext,
    out: Collector<Out>,
  ): Emitted<Out>
  abstract processBroadcastElement(
    value: Broadcast,
    context: BroadcastContext,
    out: Collector<Out>,
  ): Emitted<Out>
  close(): void | Promise<void> {}
}

/**
 * The same where the stream is keyed: its elements have state and timers of their key. A broadcast
 * element has no key, so it can use none of that.
 */
export abstract class KeyedBroadcastProcessFunction<K, In, Broadcast, Out> {
  open(_context: RuntimeContext): void | Promise<void> {}
  abstract processElement(
    value: In,
    context: KeyedReadOnlyBroadcastContext<K>,
    out: Collector<Out>,
  ): Emitted<Out>
  abstract processBroadcastElement(
    value: Broadcast,
    context: BroadcastContext,
    out: Collector<Out>,
  ): Emitted<Out>
  /** Called once for each timer that was set, with state of the key it was set for. */
  onTimer?(
    timestamp: number,
    context: OnTimerBroadcastContext<K>,
    out: Collector<Out>,
  ): Emitted<Out>
  close(): void | Promise<void> {}
}
