import { MillraceError } from '@millrace/core'
import type { ChainCode } from '../operators/stream-operator.ts'
import type { CallSite } from '../stream/call-site.ts'
import type {
  CheckpointedFunction,
  CheckpointListener,
  FunctionInitializationContext,
  FunctionSnapshotContext,
} from './checkpointed-function.ts'
import type { RichFunction } from './functions.ts'
import type { RuntimeContext } from './runtime-context.ts'

/** Of a part in checkpoints: nothing waits for these. */
const synchronousMethods = ['snapshotState', 'notifyCheckpointAborted']

/** A user's function: a lambda that is called directly, or an object whose methods are. */
export class UserFunction {
  readonly #target: object
  readonly #isLambda: boolean

  private constructor(target: object, isLambda: boolean) {
    this.#target = target
    this.#isLambda = isLambda
  }

  /**
   * `methods`: what an object must have; a lambda stands for the only one. Anything else is
   * ARGUMENT_INVALID, naming the place of the call. `optionalMethods`: what an object may have.
   */
  static of(
    value: unknown,
    methods: readonly string[],
    callSite: CallSite,
    optionalMethods: readonly string[] = [],
  ): UserFunction {
    if (typeof value === 'function') {
      if (methods.length === 1 && !isClass(value)) {
        requireSynchronous(value, methods[0] as string, callSite)
        return new UserFunction(value, true)
      }
      const advice = isClass(value) ? 'Make an instance with new' : 'Pass an object with methods'
      throw argumentInvalid(`${describe(value)} is not what ${callSite} takes. ${advice}`, methods)
    }
    if (typeof value !== 'object' || value === null) {
      throw argumentInvalid(`${describe(value)} is no function, at ${callSite}`, methods)
    }
    const missing = methods.filter(
      (method) => typeof (value as Record<string, unknown>)[method] !== 'function',
    )
    if (missing.length > 0) {
      const names = missing.map((method) => `${method}()`).join(' and ')
      throw argumentInvalid(`${describe(value)} at ${callSite} has no ${names}`, methods)
    }
    for (const method of [...methods, ...optionalMethods, ...synchronousMethods]) {
      requireSynchronous((value as Record<string, unknown>)[method], method, callSite)
    }
    return new UserFunction(value, false)
  }

  /** Lives between `open` and `close`, so it may hold state. */
  get isRich(): boolean {
    return !this.#isLambda && typeof (this.#target as RichFunction).open === 'function'
  }

  /** Whether it is an object that has the method. */
  has(method: string): boolean {
    if (this.#isLambda) return false
    return typeof (this.#target as Record<string, unknown>)[method] === 'function'
  }

  /** Expression that calls it. */
  call(code: ChainCode, method: string, args: string): string {
    const name = code.bind(this.#target, method)
    return this.#isLambda ? `${name}(${args})` : `${name}.${method}(${args})`
  }

  /** Takes part in checkpoints with state that belongs to no key. */
  get isCheckpointed(): boolean {
    return this.has('initializeState')
  }

  initializeState(context: FunctionInitializationContext): void | Promise<void> {
    if (this.#isLambda) return
    return (this.#target as Partial<CheckpointedFunction>).initializeState?.(context)
  }

  open(context: RuntimeContext): void | Promise<void> {
    if (this.#isLambda) return
    return (this.#target as RichFunction).open?.(context)
  }

  snapshotState(context: FunctionSnapshotContext): void {
    if (this.#isLambda) return
    const target = this.#target as { snapshotState?(context: FunctionSnapshotContext): unknown }
    const given = target.snapshotState?.(context)
    if (given instanceof Promise) throw snapshotTooLate(given)
  }

  notifyCheckpointComplete(checkpointId: number): void | Promise<void> {
    if (this.#isLambda) return
    return (this.#target as Partial<CheckpointListener>).notifyCheckpointComplete?.(checkpointId)
  }

  notifyCheckpointAborted(checkpointId: number): void {
    if (this.#isLambda) return
    ;(this.#target as Partial<CheckpointListener>).notifyCheckpointAborted?.(checkpointId)
  }

  close(): void | Promise<void> {
    if (this.#isLambda) return
    return (this.#target as RichFunction).close?.()
  }
}

/**
 * Refuses a function that says it is async: its promise would be taken for a record, or for a yes.
 */
export function requireSynchronous(value: unknown, what: string, callSite: CallSite): void {
  if (!/^\[object Async/.test(Object.prototype.toString.call(value))) return
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `The ${what} function at ${callSite} is async, but records are processed one after the ` +
      'other, without waiting. Return the value itself; what has to be awaited belongs in open().',
    { blame: 'user', disposition: 'reject-request' },
  )
}

/** What it writes into its state once the promise settles would be part of no checkpoint. */
function snapshotTooLate(given: Promise<unknown>): MillraceError {
  // Its own error would come later, and say less.
  given.catch(() => {})
  return new MillraceError(
    'USER_FUNCTION_FAILED',
    'snapshotState() returned a promise, but the state is saved as soon as it returns. Write ' +
      'into the state without waiting; what has to be awaited belongs in a sink, whose writer ' +
      'has flush().',
    { blame: 'user', disposition: 'fail-job' },
  )
}

/** Only a class cannot be called; `String` and `Number` can. */
function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value))
}

function describe(value: unknown): string {
  if (typeof value === 'function') {
    return isClass(value) ? `The class ${value.name}` : `The function ${value.name || '(no name)'}`
  }
  if (typeof value !== 'object' || value === null) return `The argument ${String(value)}`
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== 'Object' ? `The ${name}` : 'The object'
}

function argumentInvalid(what: string, methods: readonly string[]): MillraceError {
  const wanted = methods.map((method) => `${method}()`).join(' and ')
  const lambda = methods.length === 1 ? 'a function or ' : ''
  return new MillraceError(
    'ARGUMENT_INVALID',
    `${what}. Wanted: ${lambda}an object with ${wanted}.`,
    {
      blame: 'user',
      disposition: 'reject-request',
    },
  )
}
