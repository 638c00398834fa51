import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type BroadcastContext,
  type CheckpointedFunction,
  type Collector,
  CollectSink,
  defineJob,
  type FunctionInitializationContext,
  KeyedBroadcastProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type ListState,
  ListStateDescriptor,
  type MapFunction,
  MapStateDescriptor,
  type OnTimerContext,
  type RichFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

export const ruleCount = 3

/** What a subtask of `Notes` had when it began with a checkpoint. */
export interface Restored {
  readonly checkpointId: number
  readonly subtask: number
  readonly parallelism: number
  /** Numbers that were dealt out to it. */
  readonly list: readonly number[]
  /** `subtask/parallelism` of all that there were. */
  readonly union: readonly string[]
}

export interface Counted {
  readonly index: number
  readonly key: number
  readonly count: number
  readonly rules: number
}

const rules = new MapStateDescriptor('rules', types.float64, types.float64)

/** Keeps every number that it has seen, and tells what it began with. */
class Notes implements MapFunction<number, number>, RichFunction, CheckpointedFunction {
  readonly #folder: string
  #restored: Pick<Restored, 'checkpointId' | 'list' | 'union'> | undefined
  #seen: number[] = []
  #self = ''
  #list!: ListState<number>
  #union!: ListState<string>

  constructor(folder: string) {
    this.#folder = folder
  }

  initializeState(context: FunctionInitializationContext): void {
    const store = context.getOperatorStateStore()
    this.#list = store.getListState(new ListStateDescriptor('seen', types.float64))
    this.#union = store.getUnionListState(new ListStateDescriptor('selves', types.string))
    this.#seen = [...this.#list.get()]
    const checkpointId = context.getRestoredCheckpointId()
    if (checkpointId === undefined) return
    this.#restored = { checkpointId, list: this.#seen.slice(), union: [...this.#union.get()] }
  }

  open({ subtaskIndex: subtask, parallelism }: RuntimeContext): void {
    this.#self = `${subtask}/${parallelism}`
    if (this.#restored === undefined) return
    const restored: Restored = { ...this.#restored, subtask, parallelism }
    const name = `${restored.checkpointId}-${subtask}-of-${parallelism}.json`
    writeFileSync(join(this.#folder, name), JSON.stringify(restored))
  }

  map(index: number): number {
    this.#seen.push(index)
    return index
  }

  snapshotState(): void {
    this.#list.update(this.#seen)
    this.#union.update([this.#self])
  }
}

/** Counts the records of each key, and says how many rules are known. */
class Count extends KeyedBroadcastProcessFunction<number, number, number, Counted> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
  }

  override processElement(
    index: number,
    context: KeyedReadOnlyBroadcastContext<number>,
    out: Collector<Counted>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    const known = [...context.getBroadcastState(rules).keys()].length
    out.collect({ index, key: context.getCurrentKey(), count, rules: known })
  }

  override processBroadcastElement(rule: number, context: BroadcastContext): void {
    context.getBroadcastState(rules).put(rule, rule)
  }
}

/** A timer for each number, long after it: it is often in a checkpoint. */
class Alarm extends KeyedProcessFunction<number, number, number> {
  override processElement(_index: number, context: KeyedProcessContext<number>): void {
    const timers = context.timerService()
    timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 400)
  }

  override *onTimer(_at: number, context: OnTimerContext<number>): Generator<number> {
    yield context.getCurrentKey()
  }
}

/** All kinds of state. The source goes on for ever; `count` numbers of it are results. */
export default defineJob('rescaled', (env, args) => {
  const count = Number(args['count'])
  env.enableCheckpointing(args['interval'] ?? '1 h')
  env.setRestartStrategy({ type: 'fixed-delay', attempts: 10, delay: '1 ms' })
  const changes = env.fromSequence(1, ruleCount).name('rules').setParallelism(1)
  const numbers = env
    .fromSource(new DataGenSource((index) => index, { recordsPerSecond: 2000, splitCount: 6 }), {
      name: 'numbers',
    })
    .filter((index) => index < count, { name: 'first' })
    .map(new Notes(args['folder'] ?? ''), { name: 'notes' })
  numbers
    .keyBy((index) => index % 50)
    .connect(changes.broadcast(rules))
    .process(new Count(), { name: 'count' })
    .sinkTo(new CollectSink(), { name: 'counts' })
  numbers
    .keyBy((index) => index)
    .process(new Alarm(), { name: 'alarm' })
    .sinkTo(new CollectSink(), { name: 'alarms' })
})
