// A program that can be changed in many ways, and restored from what it had before the change.

import {
  type CheckpointedFunction,
  type Collector,
  CollectSink,
  defineJob,
  type FunctionInitializationContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type ListState,
  ListStateDescriptor,
  type MapFunction,
  type MapState,
  MapStateDescriptor,
  type OperatorOptions,
  type RuntimeContext,
  type StateOptions,
  type TypeInformation,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource, DiscardSink } from 'millrace/connectors'

interface Counted {
  readonly key: string
  readonly number: number
  /** Numbers so far, by operator state. */
  readonly seen: number
}

/** What comes out: a number, and what the states say by then. */
export interface Told extends Counted {
  readonly total: number | undefined
  readonly parity: number | undefined
  readonly recent: readonly number[]
  readonly note: unknown
  readonly timers: number | undefined
}

/** A state as the program has it; undefined: it has none. */
type Declared = { readonly name?: string; readonly type?: TypeInformation<unknown> } & StateOptions

/** What a change makes of the program. */
export interface ProgramChange {
  readonly source?: OperatorOptions
  readonly counter?: OperatorOptions & {
    readonly state?: string
    readonly item?: TypeInformation<number>
  }
  readonly counterMode?: 'list' | 'union' | 'none'
  readonly totals?: OperatorOptions
  readonly isUnkeyed?: boolean
  readonly isWithoutTotals?: boolean
  /** 'list': it is one of another kind. */
  readonly total?: Declared | 'none' | 'list' | 'late'
  readonly parity?: Declared | 'none'
  readonly parityKey?: TypeInformation<string>
  readonly recent?: Declared | 'none'
  readonly note?: Declared | 'none'
  readonly more?: Declared
  readonly openThrows?: boolean
  readonly sink?: OperatorOptions
  readonly isSequence?: boolean
  readonly isDiscarded?: boolean
  readonly extraMap?: boolean
}

const oneParity = types.object({ count: types.int32 })
const { optional, nullable, object, string, int32, float64, any, array } = types
const note = object({ text: string, at: int32 })

/** By name. What the test expects of each is in changed-program.test.ts. */
export const changes: Readonly<Record<string, ProgramChange>> = {
  none: {},
  'a state is renamed': { total: { name: 'sum', movedFrom: 'total' } },
  'a state is renamed without movedFrom': { total: { name: 'sum' } },
  'a state is renamed, and another takes its name': {
    total: { name: 'sum', movedFrom: 'total' },
    more: { name: 'total', type: string },
  },
  'a state is removed': { note: 'none' },
  'a state is new': { more: { name: 'more', type: string } },
  'a state is of another kind': { total: 'list' },
  'a state is asked for late': { total: 'late' },
  'a type is wider': { recent: { type: float64 } },
  'a type is narrower': { total: { type: int32 } },
  'a type is another one': { total: { type: string } },
  'a type may be null': { total: { type: nullable(float64) } },
  'a type is not declared any more': { total: {} },
  'a type is declared and fits': { note: { type: note } },
  'a type is declared and does not fit': { note: { type: object({ text: int32, at: int32 }) } },
  'a field is new and optional': {
    parity: { type: object({ count: int32, first: optional(int32) }) },
  },
  'a field is new and required': { parity: { type: object({ count: int32, first: int32 }) } },
  'a field is new and nullable': {
    parity: { type: object({ count: int32, first: nullable(int32) }) },
  },
  'a field is new, and may be null or missing': {
    parity: { type: object({ first: optional(nullable(int32)), count: int32 }) },
  },
  'a field is removed': { parity: { type: object({}) } },
  'a field is wider': { parity: { type: object({ count: float64 }) } },
  'a field is any now': { parity: { type: object({ count: any }) } },
  'keys of a map are of another type': { parityKey: int32 as unknown as TypeInformation<string> },
  'keys of a map are not declared': { parityKey: any },
  'a time to live is new': { total: { type: float64, ttl: '1 h' } },
  'elements are lists now': { recent: { type: array(int32) } },
  'an operator is renamed': { totals: { name: 'sums', movedFrom: 'totals' } },
  'an operator is renamed without movedFrom': { totals: { name: 'sums' } },
  'an operator is removed': { isWithoutTotals: true },
  'an operator is not keyed any more': { isUnkeyed: true },
  'operators without state come and go': { extraMap: true },
  'the open of a function throws': { openThrows: true },
  'operator state is renamed': { counter: { state: 'numbers' } },
  'operator state is of another mode': { counterMode: 'union' },
  'operator state is not asked for': { counterMode: 'none' },
  'operator state has another type': {
    counter: { item: string as unknown as TypeInformation<number> },
  },
  'the source is renamed': { source: { name: 'digits', movedFrom: 'numbers' } },
  'the source is renamed without movedFrom': { source: { name: 'digits' } },
  'the source is of another kind': { isSequence: true },
  'the sink is another one': { isDiscarded: true },
  'more subtasks': { totals: { parallelism: 2 } },
}

/** Counts what passes, in operator state. */
class Counter implements MapFunction<Omit<Counted, 'seen'>, Counted>, CheckpointedFunction {
  readonly #change: ProgramChange
  readonly #failAfter: number
  #count = 0
  #left = Number.POSITIVE_INFINITY
  #state: ListState<number> | undefined

  /** The first attempt fails after so many. */
  constructor(change: ProgramChange, failAfter: number) {
    this.#change = change
    this.#failAfter = failAfter
  }

  open({ attemptNumber }: RuntimeContext): void {
    if (attemptNumber === 0) this.#left = this.#failAfter
  }

  initializeState(context: FunctionInitializationContext): void {
    const { counter = {}, counterMode = 'list' } = this.#change
    if (counterMode === 'none') return
    const { state: name = 'count', item = float64 } = counter
    const options = name === 'count' ? {} : { movedFrom: 'count' }
    const descriptor = new ListStateDescriptor(name, item, options)
    const store = context.getOperatorStateStore()
    this.#state =
      counterMode === 'list' ? store.getListState(descriptor) : store.getUnionListState(descriptor)
    for (const count of this.#state.get()) this.#count += count
  }

  map(counted: Omit<Counted, 'seen'>): Counted {
    if (this.#left-- === 0) throw new Error('a failure that was asked for')
    return { ...counted, seen: ++this.#count }
  }

  snapshotState(): void {
    this.#state?.update([this.#count])
  }
}

const farAway = 4_102_444_800_000

/** Keeps what it was told in states of several kinds. */
class Totals extends KeyedProcessFunction<string, Counted, Told> {
  readonly #change: ProgramChange
  #context: RuntimeContext | undefined
  #total: ValueState<unknown> | undefined
  #parity: MapState<string, { count: number }> | undefined
  #recent: ListState<number> | undefined
  #note: ValueState<unknown> | undefined
  #more: ValueState<unknown> | undefined

  constructor(change: ProgramChange) {
    super()
    this.#change = change
  }

  override open(context: RuntimeContext): void {
    const { openThrows, total = { type: float64 }, parity = {}, parityKey = string } = this.#change
    const { recent = { type: int32 }, note: noted = {}, more } = this.#change
    if (openThrows === true && context.jobId.startsWith('0000')) throw new Error('no data base')
    this.#context = context
    if (total === 'list') context.getListState(new ListStateDescriptor('total', float64))
    else if (total !== 'none' && total !== 'late') this.#total = valueState(context, 'total', total)
    if (parity !== 'none') {
      const { type = oneParity, ...options } = parity
      const descriptor = new MapStateDescriptor('parity', parityKey, type, options)
      this.#parity = context.getMapState(descriptor) as MapState<string, { count: number }>
    }
    if (recent !== 'none') {
      const { type, ...options } = recent
      const descriptor = new ListStateDescriptor('recent', type, options)
      this.#recent = context.getListState(descriptor) as ListState<number>
    }
    if (noted !== 'none') this.#note = valueState(context, 'note', noted)
    if (more !== undefined) this.#more = valueState(context, 'more', more)
  }

  override processElement(
    counted: Counted,
    context: KeyedProcessContext<string>,
    out: Collector<Told>,
  ): void {
    const { number } = counted
    if (this.#change.total === 'late') {
      this.#total ??= valueState(this.#context as RuntimeContext, 'total', { type: float64 })
    }
    const total = ((this.#total?.value() as number | undefined) ?? 0) + number
    if (this.#change.total !== 'list') this.#total?.update(total)
    const parityName = number % 2 === 0 ? 'even' : 'odd'
    const parity = (this.#parity?.get(parityName)?.count ?? 0) + 1
    this.#parity?.put(parityName, { count: parity })
    const recent = [...(this.#recent?.get() ?? []), number].slice(-3)
    this.#recent?.update(recent)
    const before = this.#note?.value()
    this.#note?.update({ text: `${number}`, at: number })
    this.#more?.update('more')
    if (number < 3) context.timerService().registerProcessingTimeTimer(farAway)
    out.collect({ ...counted, total, parity, recent, note: before, timers: undefined })
  }

  override onTimer(): void {}
}

function valueState(
  context: RuntimeContext,
  defaultName: string,
  { name = defaultName, type, ...options }: Declared,
): ValueState<unknown> {
  return context.getState(new ValueStateDescriptor(name, type, options))
}

export default defineJob('changed-program', (env, args) => {
  const change = changes[args['change'] ?? 'none'] ?? {}
  const numbers = new DataGenSource((number) => ({ key: 'abc'.charAt(number % 3), number }), {
    recordsPerSecond: 400,
  })
  const { counter = {}, totals = {}, isUnkeyed, isWithoutTotals } = change
  const options = { name: 'numbers', parallelism: 1, ...change.source }
  const source =
    change.isSequence === true
      ? env.fromSequence(0, 1e9, options).map((number) => ({ key: 'a', number }))
      : env.fromSource(numbers, options)
  const counted = source.map(
    new Counter(change, Number(args['failAfter'] ?? Number.POSITIVE_INFINITY)),
    {
      name: counter.name ?? 'counter',
      parallelism: 1,
    },
  )
  const mapped = change.extraMap === true ? counted.map((each) => each).filter(() => true) : counted
  const untold = (each: Counted): Told => {
    return { ...each, total: undefined, parity: undefined, recent: [], note: undefined, timers: 0 }
  }
  const told =
    isWithoutTotals === true
      ? mapped.map(untold)
      : isUnkeyed === true
        ? mapped.map(untold, { name: 'totals' })
        : mapped.keyBy(({ key }) => key).process(new Totals(change), { name: 'totals', ...totals })
  const sink = { name: 'told', parallelism: 1, ...change.sink }
  if (change.isDiscarded === true) told.sinkTo(new DiscardSink(), sink)
  else told.sinkTo(new CollectSink(), sink)
})
