import type { TimerService } from '@millrace/api'
import { MillraceError } from '@millrace/core'
import type { KeyedStateBackend, TimerQueue } from '@millrace/state'
import type { ChainControl } from '../chain/chain-control.ts'
import type { ProcessingTimeService } from './processing-time-service.ts'

/** Runs `onTimer` of a chain's keyed operator, with its key current. */
export type FireTimer = (timestamp: number, key: unknown, keyHash: number) => void

/** What a slice has at most, in number and in time, so that mails and input have their turn. */
const firedPerSlice = 256
const sliceMs = 0.5

/** Their name among the keyed state. */
const processingTimeTimers = 'processing-time-timers'

/** Where processing-time timers of an operator without namespaces are. */
const voidNamespace = ''

/** The processing-time timers of one task: of the one operator in it that takes keyed records. */
export class TaskTimers implements TimerService {
  readonly #operatorName: string
  readonly #keyed: KeyedStateBackend
  readonly #time: ProcessingTimeService
  readonly #monotonicMs: () => number
  readonly #fire: FireTimer | undefined
  readonly #queue: TimerQueue

  /** `fire`: undefined where the function of the operator has no `onTimer`. */
  constructor(
    operatorName: string,
    keyed: KeyedStateBackend,
    time: ProcessingTimeService,
    options: { readonly monotonicMs: () => number; readonly fire: FireTimer | undefined },
  ) {
    this.#operatorName = operatorName
    this.#keyed = keyed
    this.#time = time
    this.#monotonicMs = options.monotonicMs
    this.#fire = options.fire
    this.#queue = keyed.getTimerQueue(processingTimeTimers)
  }

  get size(): number {
    return this.#queue.size
  }

  /** Whether `fireDue` would fire one. */
  hasDue(): boolean {
    if (this.#fire === undefined) return false
    const { earliest } = this.#queue
    return earliest < Number.POSITIVE_INFINITY && earliest < this.#time.currentProcessingTime()
  }

  /**
   * Fires what is due, the earliest first, until the task is interrupted or the slice is over. True
   * where any was.
   */
  fireDue(control: ChainControl): boolean {
    const queue = this.#queue
    if (queue.size === 0 || this.#fire === undefined || control.suspended) return false
    const now = this.#time.currentProcessingTime()
    let fired = 0
    const endMs = queue.earliest < now ? this.#monotonicMs() + sliceMs : 0
    while (fired < firedPerSlice && queue.earliest < now && !control.suspended) {
      const timer = queue.poll()
      if (timer === undefined) break
      fired++
      this.#fire(timer.timestamp, timer.key, timer.keyHash)
      if (this.#monotonicMs() >= endMs) break
    }
    if (queue.earliest >= now && queue.size > 0) this.#time.wakeAfter(queue.earliest)
    return fired > 0
  }

  currentProcessingTime(): number {
    return this.#time.currentProcessingTime()
  }

  currentWatermark(): number {
    return Number.NEGATIVE_INFINITY
  }

  registerProcessingTimeTimer(timestamp: number): void {
    const { key, keyHash } = this.#requireKey()
    if (this.#fire === undefined) throw noOnTimer(this.#operatorName)
    const isEarliest = timestamp < this.#queue.earliest
    this.#requireTimestamp(timestamp)
    this.#queue.register({ key, keyHash, namespace: voidNamespace, timestamp })
    if (isEarliest) this.#time.wakeAfter(timestamp)
  }

  deleteProcessingTimeTimer(timestamp: number): void {
    const { key, keyHash } = this.#requireKey()
    this.#requireTimestamp(timestamp)
    this.#queue.delete({ key, keyHash, namespace: voidNamespace, timestamp })
  }

  #requireKey(): { readonly key: unknown; readonly keyHash: number } {
    const { currentKey: key, currentHash: keyHash } = this.#keyed
    if (key !== undefined) return { key, keyHash }
    throw new MillraceError(
      'KEY_INVALID',
      `Operator '${this.#operatorName}' set a timer where there is no key. A timer belongs to the` +
        ' key of the record being processed: set it in processElement or onTimer, not in open or' +
        ' close.',
      { blame: 'user' },
    )
  }

  #requireTimestamp(timestamp: number): void {
    if (Number.isSafeInteger(timestamp)) return
    throw new MillraceError(
      'ARGUMENT_INVALID',
      `Operator '${this.#operatorName}' set a timer for ${String(timestamp)}, which is no time in` +
        ' whole milliseconds since 1970. Round it, and pass a number.',
      { blame: 'user' },
    )
  }
}

/** Time for an operator whose records have no keys: it can set no timers. */
export class UnkeyedTimers implements TimerService {
  readonly #operatorName: string
  readonly #time: ProcessingTimeService

  constructor(operatorName: string, time: ProcessingTimeService) {
    this.#operatorName = operatorName
    this.#time = time
  }

  currentProcessingTime(): number {
    return this.#time.currentProcessingTime()
  }

  currentWatermark(): number {
    return Number.NEGATIVE_INFINITY
  }

  registerProcessingTimeTimer(_timestamp: number): void {
    throw this.#noKeys()
  }

  deleteProcessingTimeTimer(_timestamp: number): void {
    throw this.#noKeys()
  }

  #noKeys(): MillraceError {
    return new MillraceError(
      'KEY_INVALID',
      `Operator '${this.#operatorName}' sets a timer, but its input has no keys. Call keyBy ` +
        'before it.',
      { blame: 'user' },
    )
  }
}

function noOnTimer(operatorName: string): MillraceError {
  return new MillraceError(
    'ARGUMENT_INVALID',
    `Operator '${operatorName}' sets a timer, but its function has no onTimer to be called then. ` +
      'Make it a class that extends KeyedProcessFunction, with an onTimer method.',
    { blame: 'user' },
  )
}
