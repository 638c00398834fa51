import { errorInfo, type LogFields, type Logger, type LogLevel } from '@millrace/core'
import { type Logger as PinoInstance, pino, stdTimeFunctions } from 'pino'
import { isColored } from '../terminal/colors.ts'
import type { LogBuffer } from './log-buffer.ts'

export interface LogSettings {
  readonly level: LogLevel
  readonly format: 'pretty' | 'json'
  /** Every line as JSON, whatever the format. */
  readonly buffer: LogBuffer
  /** Where lines are read; standard output by default. */
  readonly stream?: NodeJS.WriteStream
  /** How they get there; as they are by default. */
  readonly write?: (text: string) => void
}

/** Structured logs by pino: one event a line, its data in fields. */
export class PinoLogger implements Logger {
  readonly #pino: PinoInstance

  private constructor(instance: PinoInstance) {
    this.#pino = instance
  }

  /** The pretty form is loaded only where it is used. */
  static async create(settings: LogSettings): Promise<PinoLogger> {
    const { level, buffer } = settings
    const { stream = process.stdout } = settings
    const write = settings.write ?? ((text: string) => void stream.write(text))
    const format =
      settings.format === 'pretty' ? await prettyFormat(stream) : (line: string) => line
    const destination = {
      write: (line: string) => {
        buffer.push(line.trimEnd())
        write(format(line))
      },
    }
    const options = {
      level,
      base: null,
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    }
    return new PinoLogger(pino(options, destination))
  }

  debug(event: string, fields?: LogFields): void {
    if (this.#pino.isLevelEnabled('debug')) this.#pino.debug(plain(fields), event)
  }

  info(event: string, fields?: LogFields): void {
    this.#pino.info(plain(fields), event)
  }

  warn(event: string, fields?: LogFields): void {
    this.#pino.warn(plain(fields), event)
  }

  error(event: string, fields?: LogFields): void {
    this.#pino.error(plain(fields), event)
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.#pino.child(plain(fields)))
  }
}

/** Errors among the fields as data, with code and source-mapped stack. */
function plain(fields: LogFields = {}): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    result[name] = value instanceof Error ? errorInfo(value) : value
  }
  return result
}

/** How a line looks on a terminal, with colours where that terminal has them. */
export async function prettyFormat(stream: NodeJS.WriteStream): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFactory({
    messageKey: 'event',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    colorize: isColored(process.env, stream.isTTY === true),
  })
}
