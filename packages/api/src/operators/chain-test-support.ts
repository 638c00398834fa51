import { JobId, silentLogger, type ValueState } from '@millrace/core'
import type { RuntimeContext } from '../function/runtime-context.ts'
import type { TimerService } from '../function/timer-service.ts'
import { UserFunction } from '../function/user-function.ts'
import type { ValueStateDescriptor } from '../state/value-state-descriptor.ts'
import { CallSite } from '../stream/call-site.ts'
import { ManualClock } from './clock-test-support.ts'
import type { SinkWriterServices } from './sink-context.ts'
import { SinkWriterOperator } from './sink-writer-operator.ts'
import type { ChainCode, OperatorContext, StreamOperator } from './stream-operator.ts'

type Process = (value: unknown) => void

/** Runs one operator as a chain of its own: what it generates is really compiled. */
export class OperatorRun {
  readonly emitted: unknown[] = []
  readonly texts: string[] = []
  readonly descriptors: ValueStateDescriptor<unknown>[] = []
  /** Timers that are set, as `key@timestamp`. */
  readonly timers: Set<string> = new Set()
  readonly timerService: TimerService = {
    currentProcessingTime: () => 1000,
    currentWatermark: () => Number.NEGATIVE_INFINITY,
    registerProcessingTimeTimer: (timestamp) => void this.timers.add(`${this.#key}@${timestamp}`),
    deleteProcessingTimeTimer: (timestamp) => void this.timers.delete(`${this.#key}@${timestamp}`),
  }
  readonly #operator: StreamOperator
  readonly #process: readonly Process[]
  readonly #states = new Map<string, Map<unknown, unknown>>()
  readonly #keyOf: ((value: unknown) => unknown) | undefined
  #key: unknown = undefined

  constructor(operator: StreamOperator, keyOf?: (value: never) => unknown) {
    this.#operator = operator
    this.#keyOf = keyOf as ((value: unknown) => unknown) | undefined
    this.#process = [0, 1].map((inputIndex) =>
      this.#compile((code) => operator.generate(code, inputIndex)),
    )
  }

  async open(): Promise<this> {
    await this.#operator.open(this.context())
    return this
  }

  /** What the operator emits for these records. */
  run(values: readonly unknown[], inputIndex = 0): readonly unknown[] {
    this.emitted.length = 0
    for (const value of values) {
      this.#key = this.#keyOf?.(value)
      this.#process[inputIndex]?.(value)
    }
    return [...this.emitted]
  }

  /** What the operator emits when a timer fires. */
  fire(key: unknown, timestamp: number): readonly unknown[] {
    this.emitted.length = 0
    this.#key = key
    this.#compile((code) => this.#operator.generateTimer?.(code) ?? '')(timestamp)
    return [...this.emitted]
  }

  context(): OperatorContext {
    return {
      runtimeContext: runtimeContext((descriptor) => this.#state(descriptor)),
      output: { collect: (record) => this.emitted.push(record) },
      currentKey: () => this.#key,
      timerService: this.timerService,
    }
  }

  #compile(generate: (code: ChainCode) => string): Process {
    const bindings: unknown[] = []
    const names: string[] = []
    let count = 0
    const bind = (object: unknown, hint: string): string => {
      const name = `${hint}$${count++}`
      names.push(name)
      bindings.push(object)
      return name
    }
    const collect = (record: unknown): void => {
      this.emitted.push(record)
    }
    const code: ChainCode = {
      value: 'value',
      key: this.#keyOf === undefined ? undefined : 'key',
      bind,
      emit: (expression) => `${bind(collect, 'emit')}(${expression});`,
      collector: () => bind({ collect }, 'out'),
      pull: (expression) => {
        const items = `items_${count++}`
        return `const ${items} = ${expression};
if (${items} !== undefined) for (const item of ${items}) ${bind(collect, 'emit')}(item);`
      },
      local: (hint) => `${hint}_${count++}`,
    }
    const text = generate(code)
    this.texts.push(text)
    const make = new Function(...names, `return (value) => {\n${text}\n}`)
    return make(...bindings) as Process
  }

  #state<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    this.descriptors.push(descriptor as ValueStateDescriptor<unknown>)
    const values = this.#states.get(descriptor.name) ?? new Map<unknown, unknown>()
    this.#states.set(descriptor.name, values)
    return {
      value: () => values.get(this.#key) as T | undefined,
      update: (value) => void values.set(this.#key, value),
      clear: () => void values.delete(this.#key),
    }
  }
}

/** A user's function as streams make it. */
export function userFunction(target: unknown, ...methods: readonly string[]): UserFunction {
  return UserFunction.of(target, methods, new CallSite(userFunction))
}

export function runtimeContext(getState: RuntimeContext['getState']): RuntimeContext {
  return {
    jobId: JobId.parse('0'.repeat(32)),
    jobName: 'job',
    operatorName: 'operator',
    subtaskIndex: 0,
    parallelism: 1,
    attemptNumber: 0,
    args: {},
    getState,
    getListState: noSuchState,
    getMapState: noSuchState,
    getReducingState: noSuchState,
    getAggregatingState: noSuchState,
  }
}

function noSuchState(): never {
  throw new Error('An operator of the engine asks for values only')
}

/** A sink's subtask on a clock of its own; what it sends to its coordinator is in `sent`. */
export function sinkRun(
  sink: ConstructorParameters<typeof SinkWriterOperator>[0],
  services: Partial<SinkWriterServices> = {},
): { readonly run: OperatorRun; readonly operator: SinkWriterOperator } {
  const operator = new SinkWriterOperator(sink, {
    clock: new ManualClock(),
    logger: silentLogger,
    sendEvent: () => {},
    ...services,
  })
  return { run: new OperatorRun(operator), operator }
}
