import type { Timer } from '@millrace/core'
import { standardOutput } from '../io/standard-output.ts'
import type { Sink, SinkWriter, SinkWriterContext } from './sink.ts'

/** Where lines go. */
export interface TextOutput {
  write(text: string): void
  /** undefined while it takes more; otherwise settles when it does again. */
  blocked(): Promise<void> | undefined
}

export interface PrintSinkOptions {
  /** Put before each record: `prefix:2> value`. */
  readonly prefix?: string | undefined
  /** Default: the standard output of the process the subtask is in. */
  readonly output?: TextOutput | undefined
}

/**
 * Prints each record on a line of the TaskManager's standard output, after the number of the
 * subtask (from 1) where there are several. Objects are printed as JSON. What was printed since the
 * latest checkpoint is printed again where the job goes back to it: lines may repeat, none is lost.
 */
export class PrintSink<T = unknown> implements Sink<T> {
  readonly kind = 'print'
  readonly #options: PrintSinkOptions

  constructor(options: PrintSinkOptions = {}) {
    this.#options = options
  }

  createWriter(context: SinkWriterContext): SinkWriter<T> {
    return new PrintWriter(context, this.#options)
  }
}

const bufferedCharactersMax = 16 * 1024
const delayMsMax = 20

/** Gathers lines for a moment: a write for each would cost more than the record. */
class PrintWriter<T> implements SinkWriter<T> {
  readonly #context: SinkWriterContext
  readonly #output: TextOutput
  readonly #start: string
  #buffered = ''
  #timer: Timer | undefined = undefined

  constructor(context: SinkWriterContext, options: PrintSinkOptions) {
    this.#context = context
    this.#output = options.output ?? standardOutput
    const number = context.parallelism > 1 ? String(context.subtaskIndex + 1) : ''
    const parts = [options.prefix ?? '', number].filter((part) => part !== '')
    this.#start = parts.length === 0 ? '' : `${parts.join(':')}> `
  }

  write(record: T): void {
    this.#buffered += `${this.#start}${printed(record)}\n`
    if (this.#buffered.length >= bufferedCharactersMax) this.flush()
    else this.#timer ??= this.#context.clock.setTimer(delayMsMax, () => this.flush())
  }

  blocked(): Promise<void> | undefined {
    return this.#output.blocked()
  }

  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#buffered === '') return
    this.#output.write(this.#buffered)
    this.#buffered = ''
  }

  close(): void {
    this.flush()
  }
}

/** A record as one line: strings as they are, objects as JSON. */
export function printed(record: unknown): string {
  if (typeof record === 'object' && record !== null) return JSON.stringify(record, jsonValue)
  return String(record)
}

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map) return [...value]
  if (value instanceof Set) return [...value]
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array)
  return value
}
