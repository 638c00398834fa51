import { type Configuration, logLevel, logLinesKept } from '@millrace/core/config'
import { LogBuffer } from '../io/log-buffer.ts'
import { PinoLogger } from '../io/pino-logger.ts'
import type { ProcessContext } from './foreground-process.ts'

/** What a JobManager and TaskManagers share that run inside another program. */
export interface EmbeddedContext extends ProcessContext {
  /** What is logged from now on is of no interest. */
  readonly onEnding: () => void
}

const loopback = '127.0.0.1'

/** Logs errors only, to standard error, unless the configuration asks for more. */
export async function embeddedContext(
  configuration: Configuration,
  onFatalError: (error: Error) => void,
): Promise<EmbeddedContext> {
  const logBuffer = new LogBuffer(configuration.get(logLinesKept))
  // Nothing that the run tells anyway, unless it was asked for: the terminal belongs to the job.
  const level =
    configuration.originOf(logLevel) === undefined ? 'error' : configuration.get(logLevel)
  let isEnding = false
  const logger = await PinoLogger.create({
    level,
    format: process.stderr.isTTY === true ? 'pretty' : 'json',
    buffer: logBuffer,
    stream: process.stderr,
    write: (text) => {
      // That TaskManagers and sessions go is the way it ends, and no reason to warn.
      if (!isEnding) process.stderr.write(text)
    },
  })
  const onEnding = (): void => {
    isEnding = true
  }
  return { configuration, logger, logBuffer, onFatalError, onEnding, isEmbedded: true }
}

/** Ports are chosen by the system, and nobody outside of this machine can reach them. */
export function embeddedConfiguration(configuration: Configuration, origin: string): Configuration {
  return configuration.withRecord(
    {
      'jobmanager.rpc.address': loopback,
      'jobmanager.rpc.port': '0',
      'jobmanager.bind-host': loopback,
      'taskmanager.bind-host': loopback,
      'taskmanager.host': loopback,
      // It would take over the jobs of the cluster that a configuration file is about.
      'high-availability.type': 'none',
    },
    origin,
  )
}
