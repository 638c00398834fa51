import {
  type BroadcastContext,
  BroadcastProcessFunction,
  type Collector,
  MapStateDescriptor,
  type ReadOnlyBroadcastContext,
  type RuntimeContext,
} from '@millrace/api'

export type RuleRecord =
  | { readonly kind: 'element'; readonly value: number; readonly problem: string }
  /** `count`: its place among the rules that the subtask knows. */
  | {
      readonly kind: 'rule'
      readonly rule: number
      readonly subtaskIndex: number
      readonly count: number
    }

export const ruleStates: MapStateDescriptor<number, number> = new MapStateDescriptor('rules')

/** Keeps every broadcast rule, with its place in the order of their arrival. */
export class RuleKeeper extends BroadcastProcessFunction<number, number, RuleRecord> {
  #subtaskIndex = 0

  override open({ subtaskIndex }: RuntimeContext): void {
    this.#subtaskIndex = subtaskIndex
  }

  override processElement(
    value: number,
    context: ReadOnlyBroadcastContext,
    out: Collector<RuleRecord>,
  ): void {
    const places = [...context.getBroadcastState(ruleStates).values()].sort((a, b) => a - b)
    const isWhole = places.every((place, index) => place === index + 1)
    out.collect({ kind: 'element', value, problem: isWhole ? '' : `rules at ${places.join()}` })
  }

  override processBroadcastElement(
    rule: number,
    context: BroadcastContext,
    out: Collector<RuleRecord>,
  ): void {
    const rules = context.getBroadcastState(ruleStates)
    // One that comes again, as at least once allows, keeps its place.
    const count = rules.get(rule) ?? [...rules.keys()].length + 1
    rules.put(rule, count)
    out.collect({ kind: 'rule', rule, subtaskIndex: this.#subtaskIndex, count })
  }
}
