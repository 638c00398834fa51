import { errorInfo, type Logger, MillraceError } from '@millrace/core'
import { type Configuration, logFormat, logLevel, logLinesKept } from '@millrace/core/config'
import { type ExitCode, exitCodeOfError, exitCodes } from '../exit-code.ts'
import { LogBuffer } from '../io/log-buffer.ts'
import { PinoLogger } from '../io/pino-logger.ts'
import { reportToParent } from './process-report.ts'

/** A JobManager or a TaskManager that runs in this process. */
export interface RunningProcess {
  /** Where it is reached, host:port. */
  readonly address: string
  /** Resolves once it serves, however long that takes. */
  readonly ready: Promise<void>
  /** Ends it by its own means. */
  close(): Promise<void>
}

/** What the parts of a process get from it. */
export interface ProcessContext {
  readonly configuration: Configuration
  readonly logger: Logger
  readonly logBuffer: LogBuffer
  /** The process cannot go on: logs why and ends it. */
  readonly onFatalError: (error: Error) => void
  /**
   * The cluster lives and dies with this process: without a directory of their own, checkpoints lie
   * with its temporary files.
   */
  readonly isEmbedded?: boolean
}

/** How long `close` may take before the process ends without it. */
const closeMsMax = 30_000

/**
 * Runs one process of a cluster until SIGTERM or Ctrl-C ends it; a second signal ends it at once.
 * Logs to standard output.
 */
export async function runInForeground(
  name: string,
  configuration: Configuration,
  start: (context: ProcessContext) => Promise<RunningProcess>,
): Promise<ExitCode> {
  const logBuffer = new LogBuffer(configuration.get(logLinesKept))
  const logger = await createLogger(configuration, logBuffer)
  const onFatalError = (error: Error): void => {
    logger.error(`${name} cannot go on`, { error })
    process.exit(error instanceof MillraceError ? exitCodeOfError(error.code) : exitCodes.failed)
  }
  // A reader of our output that went away is no reason to end.
  process.stdout.on('error', () => {})
  process.on('uncaughtException', onFatalError)
  process.on('unhandledRejection', (reason) =>
    onFatalError(reason instanceof Error ? reason : new Error(String(reason))),
  )
  for (const notice of configuration.notices) logger.warn('configuration', { notice })
  const stopped = untilSignal(name, logger)
  try {
    const running = await start({ configuration, logger, logBuffer, onFatalError })
    const isStopped = await Promise.race([
      running.ready.then(() => false),
      stopped.then(() => true),
    ])
    if (!isStopped) {
      const { address } = running
      logger.info(`${name} ready`, { address, readyAfterMs: Math.round(performance.now()) })
      await reportToParent({ kind: 'ready', address })
      await stopped
    }
    await closeInTime(name, running)
    logger.info(`${name} ended`)
    return exitCodes.success
  } catch (error) {
    await reportToParent({ kind: 'failed', failure: errorInfo(error) })
    logger.error(`${name} failed`, { error })
    throw error
  }
}

function createLogger(configuration: Configuration, buffer: LogBuffer): Promise<PinoLogger> {
  const format = configuration.get(logFormat)
  const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true)
  return PinoLogger.create({
    level: configuration.get(logLevel),
    format: isPretty ? 'pretty' : 'json',
    buffer,
  })
}

/** Resolves at the first signal to end. */
function untilSignal(name: string, logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isAsked) process.exit(exitCodes.failed)
      isAsked = true
      logger.info(`${name} ends`, { signal })
      resolve()
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

async function closeInTime(name: string, running: RunningProcess): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new MillraceError('INTERNAL_ERROR', `${name} did not end within ${closeMsMax} ms.`))
  }, closeMsMax)
  try {
    await Promise.race([running.close(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
