import type { Collector } from '@millrace/api'
import type { OperatorContext, StateInitializationContext } from '@millrace/api/runtime'
import {
  AssertionError,
  describeThrown,
  type ErrorCode,
  type ErrorInfo,
  errorInfo,
  MillraceError,
} from '@millrace/core'
import type { ProcessRecord } from '../../network/local-subpartition.ts'
import type { FireTimer } from '../time/task-timers.ts'
import { type ChainedOperator, type ChainParts, generateChain } from './chain-generator.ts'
import { type ChainPlace, ChainPlaces } from './chain-places.ts'

/** That of a source counts what it takes; the others do not count. */
interface CountingCollector extends Collector<unknown> {
  readonly records?: number
}

interface CompiledChain {
  readonly inputs: readonly ProcessRecord[]
  readonly collectors: readonly CountingCollector[]
  readonly timers: readonly (FireTimer | undefined)[]
}

/**
 * The operators of one task, fused: their texts become one function that belongs to this chain
 * alone, so that every call in it has one target. Order of calls: the constructor compiles, `open`
 * (last operator first), records through `inputs`, `finish` each (first operator first), `close`.
 * What concerns checkpoints comes between records, and after `finish` too.
 */
export class OperatorChain {
  /** By position in the plan's inputs. Errors are recorded on the task, and thrown on. */
  readonly inputs: readonly ProcessRecord[]
  readonly #parts: ChainParts
  readonly #collectors: readonly CountingCollector[]
  readonly #timers: readonly (FireTimer | undefined)[]
  readonly #places: ChainPlaces
  #opened: ChainedOperator[] = []

  constructor(parts: ChainParts) {
    this.#parts = parts
    const { text, bindings } = generateChain(parts)
    const compile = new Function('bindings', text) as (
      bindings: readonly unknown[],
    ) => CompiledChain
    const compiled = compile(bindings)
    this.inputs = compiled.inputs
    this.#collectors = compiled.collectors
    this.#timers = compiled.timers
    this.#places = new ChainPlaces(text, parts.plan.vertexId)
  }

  /** Emits what operator `index` emits outside of records. */
  collectorOf(index: number): Collector<unknown> {
    return this.#collectors[index] as Collector<unknown>
  }

  /** Records that the source of this chain, if it begins with one, has emitted. */
  get recordsRead(): number {
    return this.#collectors[0]?.records ?? 0
  }

  /** Fires a timer of operator `index`; undefined where its function has no `onTimer`. */
  timerOf(index: number): FireTimer | undefined {
    return this.#timers[index]
  }

  /** Last operator first, so that whoever emits finds the next one open. */
  async open(
    contextOf: (index: number) => OperatorContext & StateInitializationContext,
  ): Promise<void> {
    const { operators } = this.#parts
    for (let index = operators.length - 1; index >= 0; index--) {
      const operator = operators[index] as ChainedOperator
      try {
        // A failed `open` may have got hold of something already.
        this.#opened.push(operator)
        const context = contextOf(index)
        const initializing = operator.initializeState?.(context)
        if (initializing !== undefined) await initializing
        const opening = operator.open(context)
        if (opening !== undefined) await opening
      } catch (error) {
        throw new OperatorError(error, index)
      }
    }
  }

  get operatorCount(): number {
    return this.#parts.operators.length
  }

  async finish(index: number): Promise<void> {
    try {
      await this.#parts.operators[index]?.finish?.()
    } catch (error) {
      throw new OperatorError(error, index)
    }
  }

  /** undefined: it is done. */
  prepareSnapshot(index: number, checkpointId: number): Promise<void> | undefined {
    try {
      const preparing = this.#parts.operators[index]?.prepareSnapshot?.(checkpointId)
      if (preparing === undefined) return undefined
      return preparing.catch((error) => {
        throw new OperatorError(error, index)
      })
    } catch (error) {
      throw new OperatorError(error, index)
    }
  }

  snapshotState(checkpointId: number): void {
    this.#forEach((operator) => operator.snapshotState?.(checkpointId))
  }

  async notifyCheckpointComplete(checkpointId: number): Promise<void> {
    const { operators } = this.#parts
    for (const [index, operator] of operators.entries()) {
      try {
        const notified = operator.notifyCheckpointComplete?.(checkpointId)
        if (notified !== undefined) await notified
      } catch (error) {
        throw new OperatorError(error, index)
      }
    }
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#forEach((operator) => operator.notifyCheckpointAborted?.(checkpointId))
  }

  /** Closes what was opened, in reverse; goes on where one fails, and returns the errors. */
  async close(): Promise<readonly OperatorError[]> {
    const errors: OperatorError[] = []
    for (let operator = this.#opened.pop(); operator !== undefined; operator = this.#opened.pop()) {
      try {
        const closing = operator.close()
        if (closing !== undefined) await closing
      } catch (error) {
        errors.push(new OperatorError(error, this.#parts.operators.indexOf(operator)))
      }
    }
    return errors
  }

  /** Whose code the error comes from, as its stack tells. */
  placeOf(error: unknown): ChainPlace | undefined {
    return this.#places.placeOf(error)
  }

  #forEach(call: (operator: ChainedOperator) => void): void {
    for (const [index, operator] of this.#parts.operators.entries()) {
      try {
        call(operator)
      } catch (error) {
        throw new OperatorError(error, index)
      }
    }
  }
}

/** An error whose operator is known. */
export class OperatorError extends Error {
  readonly operatorIndex: number

  constructor(cause: unknown, operatorIndex: number) {
    super(cause instanceof Error ? cause.message : describeThrown(cause), { cause })
    this.operatorIndex = operatorIndex
  }
}

/** Where an error happened, in the user's words. */
export interface OperatorPlace {
  /** Whose code it was. */
  readonly role: 'source' | 'function' | 'sink'
  readonly operatorName: string
  /** Of the function, where it was not called for a record. */
  readonly method: string | undefined
  readonly vertexName: string
  readonly subtaskIndex: number
  readonly parallelism: number
}

/** What a task reports of an error in an operator: whose code, which subtask, what it said. */
export function operatorFailure(error: unknown, place: OperatorPlace): ErrorInfo {
  const { operatorName, subtaskIndex, parallelism, method } = place
  const names = { operator: operatorName, vertex: place.vertexName, subtask: subtaskIndex }
  const details = method === undefined ? names : { ...names, method }
  const within = method === undefined ? '' : ` in ${method}`
  const where = `Operator '${operatorName}' (subtask ${subtaskIndex + 1} of ${parallelism})`
  if (error instanceof MillraceError) {
    const info = errorInfo(error)
    return {
      ...info,
      message: `${where}${within}: ${info.message}`,
      details: { ...details, ...info.details },
    }
  }
  if (error instanceof AssertionError) {
    const info = errorInfo(error)
    return { ...info, message: `${where} failed${within}: ${info.message}`, details }
  }
  const info = errorInfo(error, codeOfRole[place.role])
  // What the system refused (a file, a connection) is not for the program to mend.
  const blame = place.role !== 'function' && isSystemError(error) ? 'external' : 'user'
  return { ...info, blame, message: `${where} failed${within}: ${info.message}`, details }
}

const codeOfRole: Readonly<Record<OperatorPlace['role'], ErrorCode>> = {
  source: 'SOURCE_FAILED',
  function: 'USER_FUNCTION_FAILED',
  sink: 'SINK_FAILED',
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error
}
