import type { Collector } from '@millrace/api'
import type { OperatorContext } from '@millrace/api/runtime'
import {
  AssertionError,
  describeThrown,
  type ErrorCode,
  type ErrorInfo,
  errorInfo,
  MillraceError,
} from '@millrace/core'
import type { ProcessRecord } from '../network/local-subpartition.ts'
import {
  type ChainedOperator,
  type ChainParts,
  generateChain,
  lineTable,
  sourceUrlOf,
} from './chain-generator.ts'

/** Lines that `new Function` puts before the text it is given. */
const functionHeaderLines = 2

/** That of a source counts what it takes; the others do not count. */
interface CountingCollector extends Collector<unknown> {
  readonly records?: number
}

interface CompiledChain {
  readonly inputs: readonly ProcessRecord[]
  readonly collectors: readonly CountingCollector[]
}

/**
 * The operators of one task, fused: their texts become one function that belongs to this chain
 * alone, so that every call in it has one target. Order of calls: the constructor compiles, `open`
 * (last operator first), records through `inputs`, `finish` each (first operator first), `close`.
 */
export class OperatorChain {
  /** By position in the plan's inputs. Errors are recorded on the task, and thrown on. */
  readonly inputs: readonly ProcessRecord[]
  readonly #parts: ChainParts
  readonly #collectors: readonly CountingCollector[]
  readonly #operatorOfLine: readonly number[]
  readonly #linePattern: RegExp
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
    this.#operatorOfLine = lineTable(text)
    const url = sourceUrlOf(parts.plan.vertexId)
    this.#linePattern = new RegExp(`${url.replaceAll(/[-$]/g, '\\$&')}:(\\d+):`, 'g')
  }

  /** Emits what operator `index` emits outside of records. */
  collectorOf(index: number): Collector<unknown> {
    return this.#collectors[index] as Collector<unknown>
  }

  /** Records that the source of this chain, if it begins with one, has emitted. */
  get recordsRead(): number {
    return this.#collectors[0]?.records ?? 0
  }

  /** Last operator first, so that whoever emits finds the next one open. */
  async open(contextOf: (index: number) => OperatorContext): Promise<void> {
    const { operators } = this.#parts
    for (let index = operators.length - 1; index >= 0; index--) {
      const operator = operators[index] as ChainedOperator
      try {
        // A failed `open` may have got hold of something already.
        this.#opened.push(operator)
        const opening = operator.open(contextOf(index))
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

  /** The operator whose code the error comes from, as its stack tells. */
  operatorOf(error: unknown): number | undefined {
    const stack = error instanceof Error ? error.stack : undefined
    if (stack === undefined) return undefined
    for (const [, line] of stack.matchAll(this.#linePattern)) {
      const index = this.#operatorOfLine[Number(line) - 1 - functionHeaderLines]
      if (index !== undefined && index >= 0) return index
    }
    return undefined
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
  readonly vertexName: string
  readonly subtaskIndex: number
  readonly parallelism: number
}

/** What a task reports of an error in an operator: whose code, which subtask, what it said. */
export function operatorFailure(error: unknown, place: OperatorPlace): ErrorInfo {
  const { operatorName, subtaskIndex, parallelism } = place
  const details = { operator: operatorName, vertex: place.vertexName, subtask: subtaskIndex }
  const where = `Operator '${operatorName}' (subtask ${subtaskIndex + 1} of ${parallelism})`
  if (error instanceof MillraceError) {
    const info = errorInfo(error)
    return {
      ...info,
      message: `${where}: ${info.message}`,
      details: { ...details, ...info.details },
    }
  }
  if (error instanceof AssertionError) {
    const info = errorInfo(error)
    return { ...info, message: `${where} failed: ${info.message}`, details }
  }
  const info = errorInfo(error, codeOfRole[place.role])
  // What the system refused (a file, a connection) is not for the program to mend.
  const blame = place.role !== 'function' && isSystemError(error) ? 'external' : 'user'
  return { ...info, blame, message: `${where} failed: ${info.message}`, details }
}

const codeOfRole: Readonly<Record<OperatorPlace['role'], ErrorCode>> = {
  source: 'SOURCE_FAILED',
  function: 'USER_FUNCTION_FAILED',
  sink: 'SINK_FAILED',
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error
}
