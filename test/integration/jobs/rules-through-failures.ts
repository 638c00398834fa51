import {
  type BroadcastContext,
  type CheckpointedFunction,
  type CheckpointListener,
  type Collector,
  CollectSink,
  defineJob,
  type FunctionInitializationContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type ListState,
  ListStateDescriptor,
  type MapFunction,
  MapStateDescriptor,
  type RichFunction,
  type RuntimeContext,
  types,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

export const ruleCount = 3

export interface Judged {
  readonly value: number
  /** How many came before it in its subtask. */
  readonly number: number
  /** Rules that its subtask knew. */
  readonly rules: number
}

const rules = new MapStateDescriptor('rules', types.float64, types.float64)

/** Numbers what passes in operator state; the first attempts fail after a checkpoint, early or late. */
class Numbering
  implements
    MapFunction<number, [number, number]>,
    RichFunction,
    CheckpointedFunction,
    CheckpointListener
{
  readonly #failures: number
  #attempt = 0
  #count = 0
  #state!: ListState<number>

  constructor(failures: number) {
    this.#failures = failures
  }

  initializeState(context: FunctionInitializationContext): void {
    const descriptor = new ListStateDescriptor('count', types.float64)
    this.#state = context.getOperatorStateStore().getListState(descriptor)
    for (const count of this.#state.get()) this.#count += count
  }

  open(context: RuntimeContext): void {
    this.#attempt = context.attemptNumber
  }

  map(value: number): [number, number] {
    return [value, this.#count++]
  }

  snapshotState(): void {
    this.#state.update([this.#count])
  }

  notifyCheckpointComplete(): void {
    if (this.#attempt >= this.#failures) return
    throw new Error(`attempt ${this.#attempt} fails when a checkpoint is complete`)
  }
}

class Judge extends KeyedBroadcastProcessFunction<number, [number, number], number, Judged> {
  override processElement(
    [value, number]: [number, number],
    context: KeyedReadOnlyBroadcastContext<number>,
    out: Collector<Judged>,
  ): void {
    const known = [...context.getBroadcastState(rules).keys()]
    out.collect({ value, number, rules: known.length })
  }

  override processBroadcastElement(rule: number, context: BroadcastContext): void {
    context.getBroadcastState(rules).put(rule, rule)
  }
}

/** Rules come to an end at once; values go on, through failures, and find them all. */
export default defineJob('rules-through-failures', (env, args) => {
  env.enableCheckpointing('20 ms')
  env.setRestartStrategy({ type: 'fixed-delay', attempts: 10, delay: '1 ms' })
  const changes = env.fromSequence(1, ruleCount).name('rules').setParallelism(1)
  env
    .fromSource(
      new DataGenSource((index) => index, {
        count: Number(args['count'] ?? 3000),
        recordsPerSecond: 2000,
      }),
      { name: 'values', parallelism: 1 },
    )
    .map(new Numbering(Number(args['failures'] ?? 0)), { name: 'numbering', parallelism: 1 })
    .keyBy(([value]) => value % 10)
    .connect(changes.broadcast(rules))
    .process(new Judge(), { name: 'judge' })
    .sinkTo(new CollectSink(), { name: 'judged' })
})
