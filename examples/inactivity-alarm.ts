// Who has been silent for a second, with a timer for each user that every action puts off.
//
//   millrace run examples/inactivity-alarm.ts --local
//
// The users act in turn, 20 times a second, for eight seconds; bob takes a break after two of them.

import {
  type Collector,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

interface Action {
  readonly user: string
  readonly index: number
}

interface Alarm {
  readonly user: string
  readonly silentMs: number
}

class InactivityAlarm extends KeyedProcessFunction<string, Action, Alarm> {
  readonly #silenceMs: number
  /** When the timer of the user is set for. */
  #alarmMs!: ValueState<number>

  constructor(silenceMs: number) {
    super()
    this.#silenceMs = silenceMs
  }

  override open(context: RuntimeContext): void {
    this.#alarmMs = context.getState(new ValueStateDescriptor('alarm', types.float64))
  }

  override processElement(_action: Action, context: KeyedProcessContext<string>): void {
    const timers = context.timerService()
    const before = this.#alarmMs.value()
    if (before !== undefined) timers.deleteProcessingTimeTimer(before)
    const alarmMs = timers.currentProcessingTime() + this.#silenceMs
    timers.registerProcessingTimeTimer(alarmMs)
    this.#alarmMs.update(alarmMs)
  }

  override onTimer(
    _timestamp: number,
    context: OnTimerContext<string>,
    out: Collector<Alarm>,
  ): void {
    this.#alarmMs.clear()
    out.collect({ user: context.getCurrentKey(), silentMs: this.#silenceMs })
  }
}

const users = ['ann', 'bob', 'eve']

function actionOf(index: number): Action {
  const user = users[index % users.length] ?? ''
  const isBreak = user === 'bob' && index >= 40 && index < 120
  return { user: isBreak ? 'ann' : user, index }
}

export default defineJob('inactivity-alarm', (env) => {
  env
    .fromSource(new DataGenSource(actionOf, { count: 160, recordsPerSecond: 20 }), {
      name: 'actions',
      parallelism: 1,
    })
    .keyBy((action) => action.user)
    .process(new InactivityAlarm(1000), { name: 'inactivity-alarm' })
    .print()
})
