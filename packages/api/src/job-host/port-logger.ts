import type { JobHostEvent, LogFields, Logger, LogLevel } from '@millrace/core'
import { printed } from '../sink/print-sink.ts'

/** Sends log lines to the JobMaster, which writes them. */
export class PortLogger implements Logger {
  readonly #post: (event: JobHostEvent) => void
  readonly #fields: LogFields

  constructor(post: (event: JobHostEvent) => void, fields: LogFields = {}) {
    this.#post = post
    this.#fields = fields
  }

  debug(event: string, fields?: LogFields): void {
    this.#log('debug', event, fields)
  }

  info(event: string, fields?: LogFields): void {
    this.#log('info', event, fields)
  }

  warn(event: string, fields?: LogFields): void {
    this.#log('warn', event, fields)
  }

  error(event: string, fields?: LogFields): void {
    this.#log('error', event, fields)
  }

  child(fields: LogFields): Logger {
    return new PortLogger(this.#post, { ...this.#fields, ...fields })
  }

  #log(level: LogLevel, event: string, fields: LogFields = {}): void {
    const all = Object.entries({ ...this.#fields, ...fields })
    const plain = Object.fromEntries(all.map(([name, value]) => [name, plainValue(value)]))
    this.#post({ kind: 'log', level, event, fields: plain })
  }
}

/** What surely crosses a thread: user code may log anything. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (value instanceof Error) return value.stack ?? String(value)
  return printed(value)
}
