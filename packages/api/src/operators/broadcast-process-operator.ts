import type { BroadcastState, MapStateDescription, ReadOnlyBroadcastState } from '@millrace/core'
import type { BroadcastContext } from '../function/broadcast-process-function.ts'
import type { UserFunction } from '../function/user-function.ts'
import { BroadcastStates } from './broadcast-states.ts'
import { FunctionOperator } from './function-operator.ts'
import { opened, ProcessContexts, RecordContext, TimerContext } from './process-context.ts'
import type { ChainCode, OperatorContext, StateInitializationContext } from './stream-operator.ts'

/**
 * Runs a BroadcastProcessFunction or a KeyedBroadcastProcessFunction: input 1 is the broadcast one,
 * whose elements change the broadcast state that those of input 0 read.
 */
export class BroadcastProcessOperator extends FunctionOperator {
  readonly #states: BroadcastStates
  readonly #contexts: ProcessContexts
  readonly #broadcast: BroadcastElementContext

  constructor(
    userFunction: UserFunction,
    descriptors: readonly MapStateDescription<unknown, unknown>[],
  ) {
    super(userFunction)
    this.#states = new BroadcastStates(descriptors)
    this.#broadcast = new BroadcastElementContext(this.#states)
    this.#contexts = new ProcessContexts(
      new ReadOnlyRecordContext(this.#states),
      new ReadOnlyTimerContext(this.#states),
    )
  }

  generate(code: ChainCode, inputIndex: number): string {
    const [method, context] =
      inputIndex === 0
        ? ['processElement', this.#contexts.ofRecord(code)]
        : ['processBroadcastElement', code.bind(this.#broadcast, 'broadcastContext')]
    const args = `${code.value}, ${context}, ${code.collector()}`
    return code.pull(this.userFunction.call(code, method, args))
  }

  generateTimer(code: ChainCode): string | undefined {
    return this.#contexts.callOnTimer(code, this.userFunction)
  }

  override initializeState(context: StateInitializationContext): void | Promise<void> {
    this.#states.open(context.operatorState)
    return super.initializeState(context)
  }

  override open(context: OperatorContext): void | Promise<void> {
    this.#contexts.open(context)
    this.#broadcast.operator = context
    return super.open(context)
  }
}

class ReadOnlyRecordContext extends RecordContext {
  readonly #states: BroadcastStates

  constructor(states: BroadcastStates) {
    super()
    this.#states = states
  }

  getBroadcastState<K, V>(descriptor: MapStateDescription<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.#states.getReadOnly(descriptor)
  }
}

class ReadOnlyTimerContext extends TimerContext {
  readonly #states: BroadcastStates

  constructor(states: BroadcastStates) {
    super()
    this.#states = states
  }

  getBroadcastState<K, V>(descriptor: MapStateDescription<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.#states.getReadOnly(descriptor)
  }
}

class BroadcastElementContext implements BroadcastContext {
  operator: OperatorContext | undefined = undefined
  readonly #states: BroadcastStates

  constructor(states: BroadcastStates) {
    this.#states = states
  }

  timestamp(): number | undefined {
    return undefined
  }

  currentProcessingTime(): number {
    return opened(this.operator).timerService.currentProcessingTime()
  }

  currentWatermark(): number {
    return opened(this.operator).timerService.currentWatermark()
  }

  getBroadcastState<K, V>(descriptor: MapStateDescription<K, V>): BroadcastState<K, V> {
    return this.#states.get(descriptor)
  }
}
