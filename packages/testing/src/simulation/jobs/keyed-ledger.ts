import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type OnTimerContext,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import type { JobWorld } from './job-world.ts'

export interface Keyed {
  readonly key: string
  readonly value: number
}

export interface LedgerRecord {
  readonly key: string
  /** 'entry': one for each element; 'firing': one for each timer. */
  readonly kind: 'entry' | 'firing'
  /** Counted from 1 for each key and kind. */
  readonly count: number
  readonly value: number
  /** What the states of the key do not agree in. */
  readonly problem: string
}

/** What a key's value state holds. */
export interface Account {
  readonly key: string
  count: number
  sum: number
}

/** So many elements fill the list, which then begins anew. */
const listLength = 16
const listClearedEvery = 3
/** A timer that is late by more was lost, where records are seen so often meanwhile. */
const lateMsMax = 1000
const lateSightingsMax = 10
const sightingMs = 100

/**
 * Counts the elements of each key in a value, a list, a map and by timers, and compares them with
 * each other. It changes what it read, and what it gave: neither may reach the state.
 */
export class KeyedLedger extends KeyedProcessFunction<string, Keyed, LedgerRecord> {
  readonly #world: JobWorld
  #account!: ValueState<Account>
  #latest!: ListState<number>
  #byRest!: MapState<string, number>
  #due!: ValueState<number>
  #firings!: ValueState<number>
  #parallelism = 1
  /** By key: how often its timer was seen to be late by this attempt, and when last. */
  readonly #late = new Map<string, { dueAtMs: number; count: number; seenAtMs: number }>()

  constructor(world: JobWorld) {
    super()
    this.#world = world
  }

  override open(context: RuntimeContext): void {
    this.#parallelism = context.parallelism
    const account = context.getState(new ValueStateDescriptor<Account>('account'))
    this.#account = this.#world.valueState?.(account) ?? account
    this.#latest = context.getListState(new ListStateDescriptor<number>('latest'))
    this.#byRest = context.getMapState(new MapStateDescriptor<string, number>('by-rest'))
    this.#due = context.getState(new ValueStateDescriptor<number>('due'))
    this.#firings = context.getState(new ValueStateDescriptor<number>('firings'))
  }

  override processElement(
    { key, value }: Keyed,
    context: KeyedProcessContext<string>,
    out: Collector<LedgerRecord>,
  ): void {
    const seen = this.#account.value()
    if (seen !== undefined) seen.count += 1000
    const before = this.#account.value()
    const account = { key, count: (before?.count ?? 0) + 1, sum: (before?.sum ?? 0) + value }
    const { count } = account
    this.#account.update(account)
    account.count = -1
    this.#appendToList(value, count)
    this.#putIntoMap(value, count)
    const problem = this.#compare(count) || this.#lookAtTimer(key, context)
    out.collect({ key, kind: 'entry', count, value, problem })
  }

  override onTimer(
    timestamp: number,
    context: OnTimerContext<string>,
    out: Collector<LedgerRecord>,
  ): void {
    const key = context.getCurrentKey()
    if (this.#world.timers?.fires(`${key} ${timestamp}`, this.#parallelism) === false) return
    const due = this.#due.value()
    const problem = due === timestamp ? '' : `timer of ${timestamp} fired instead of ${due}`
    this.#due.clear()
    const count = (this.#firings.value() ?? 0) + 1
    this.#firings.update(count)
    out.collect({ key, kind: 'firing', count, value: 0, problem })
  }

  #appendToList(value: number, count: number): void {
    this.#latest.add(value)
    if (count % listLength !== 0) return
    if (count % (listLength * listClearedEvery) === 0) this.#latest.clear()
    else this.#latest.update([])
  }

  #putIntoMap(value: number, count: number): void {
    const rest = `rest-${value % 3}`
    this.#byRest.put(rest, (this.#byRest.get(rest) ?? 0) + 1)
    if (count % 7 !== 0) return
    this.#byRest.put('moved', (this.#byRest.get('moved') ?? 0) + (this.#byRest.get(rest) ?? 0))
    this.#byRest.remove(rest)
  }

  #compare(count: number): string {
    const inList = this.#latest.get().length
    if (inList !== count % listLength) return `the list has ${inList} elements at ${count}`
    let inMap = 0
    for (const each of this.#byRest.values()) inMap += each
    return inMap === count ? '' : `the map counts ${inMap} at ${count}`
  }

  #lookAtTimer(key: string, context: KeyedProcessContext<string>): string {
    const timers = context.timerService()
    const now = timers.currentProcessingTime()
    const dueAtMs = this.#due.value()
    if (dueAtMs === undefined) {
      const timestamp = now + 10 + ((now * 7) % 300)
      timers.registerProcessingTimeTimer(timestamp)
      this.#world.timers?.onRegistered(`${key} ${timestamp}`, this.#parallelism)
      this.#due.update(timestamp)
      return ''
    }
    if (now - dueAtMs <= lateMsMax) return ''
    const late = this.#late.get(key)
    if (late?.dueAtMs !== dueAtMs) {
      this.#late.set(key, { dueAtMs, count: 0, seenAtMs: now })
      return ''
    }
    if (now - late.seenAtMs < sightingMs) return ''
    late.count += 1
    late.seenAtMs = now
    return late.count <= lateSightingsMax ? '' : `the timer of ${dueAtMs} is lost, it is ${now}`
  }
}
