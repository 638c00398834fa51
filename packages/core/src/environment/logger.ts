export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** Fields of a log line; ids and numbers, not prose. */
export type LogFields = Readonly<Record<string, unknown>>

/** Structured log: an event in the past tense ('checkpoint completed'), its data in fields. */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
  /** A logger whose every line carries these fields as well. Made once per thing. */
  child(fields: LogFields): Logger
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}
