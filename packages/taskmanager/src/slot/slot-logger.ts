import type { LogFields, Logger, LogLevel, SlotEvent } from '@millrace/core'

/** Logs of a slot thread: its TaskExecutor writes them. */
export class SlotLogger implements Logger {
  readonly #post: (event: SlotEvent) => void
  readonly #fields: LogFields

  constructor(post: (event: SlotEvent) => void, fields: LogFields = {}) {
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
    return new SlotLogger(this.#post, { ...this.#fields, ...fields })
  }

  #log(level: LogLevel, event: string, fields: LogFields = {}): void {
    const all: Record<string, unknown> = {}
    for (const [name, value] of Object.entries({ ...this.#fields, ...fields })) {
      all[name] = cloneable(value)
    }
    this.#post({ kind: 'log', level, event, fields: all })
  }
}

/** What cannot cross to another thread goes as text. */
function cloneable(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message
  const type = typeof value
  if (type === 'function' || type === 'symbol' || type === 'object') {
    return value === null ? null : String(value)
  }
  return value
}
