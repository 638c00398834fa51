import { assert } from '@millrace/core'
import type { KeyedProcessContext, OnTimerContext } from '../function/functions.ts'
import type { TimeDomain, TimerService } from '../function/timer-service.ts'
import type { UserFunction } from '../function/user-function.ts'
import type { ChainCode, OperatorContext } from './stream-operator.ts'

/**
 * What the process functions are given with each record and each timer. Generated code is written
 * before the operator is opened, so it binds these.
 */
export class ProcessContexts {
  readonly #record: RecordContext
  readonly #timer: TimerContext

  constructor(
    record: RecordContext = new RecordContext(),
    timer: TimerContext = new TimerContext(),
  ) {
    this.#record = record
    this.#timer = timer
  }

  open(context: OperatorContext): void {
    this.#record.operator = context
    this.#timer.operator = context
  }

  /** Name of the context that goes with a record. */
  ofRecord(code: ChainCode): string {
    return code.bind(this.#record, 'context')
  }

  /** Statements that call `onTimer`; undefined where the function has none. */
  callOnTimer(code: ChainCode, userFunction: UserFunction): string | undefined {
    if (!userFunction.has('onTimer')) return undefined
    const name = code.bind(this.#timer, 'timerContext')
    const args = `${code.value}, ${name}, ${code.collector()}`
    const call = code.pull(userFunction.call(code, 'onTimer', args))
    return `${name}.firing = ${code.value};\n${call}`
  }
}

export class RecordContext implements KeyedProcessContext<unknown> {
  operator: OperatorContext | undefined = undefined

  timestamp(): number | undefined {
    return undefined
  }

  getCurrentKey(): unknown {
    return opened(this.operator).currentKey()
  }

  timerService(): TimerService {
    return opened(this.operator).timerService
  }
}

export class TimerContext implements OnTimerContext<unknown> {
  operator: OperatorContext | undefined = undefined
  /** Timestamp of the timer that fires; the next one fires when this one's records are out. */
  firing = 0

  timestamp(): number {
    return this.firing
  }

  timeDomain(): TimeDomain {
    return 'processing-time'
  }

  getCurrentKey(): unknown {
    return opened(this.operator).currentKey()
  }

  timerService(): TimerService {
    return opened(this.operator).timerService
  }
}

/** The context of an operator that takes records. */
export function opened(context: OperatorContext | undefined): OperatorContext {
  assert(context !== undefined, 'a record came before the operator was opened')
  return context
}
