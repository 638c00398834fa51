import { type LogFields, type Logger, type LogLevel, MillraceError } from '@millrace/core'
import type { Actor } from './actor.ts'
import type { Simulation } from './simulation.ts'

/** Log lines of a process as lines of the event log. */
export class SimulatedLogger implements Logger {
  readonly #simulation: Simulation
  readonly #actor: Actor
  readonly #fields: LogFields

  constructor(simulation: Simulation, actor: Actor, fields: LogFields = {}) {
    this.#simulation = simulation
    this.#actor = actor
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
    return new SimulatedLogger(this.#simulation, this.#actor, { ...this.#fields, ...fields })
  }

  #log(level: LogLevel, event: string, fields: LogFields = {}): void {
    this.#simulation.note(this.#actor, `${level}: ${event}`, () =>
      JSON.stringify({ ...this.#fields, ...fields }, (key, value: unknown) => {
        // A stack tells who called the simulation, too.
        if (key === 'stack') return undefined
        if (value instanceof MillraceError) return `${value.code}: ${value.message}`
        if (value instanceof Error) return value.message
        return typeof value === 'bigint' ? String(value) : value
      }),
    )
  }
}
