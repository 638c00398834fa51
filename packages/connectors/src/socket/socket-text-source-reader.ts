import type { PollStatus, ReaderOutput, SourceReader, SourceReaderContext } from '@millrace/api'
import { MillraceError, type Timer } from '@millrace/core'
import { receivedBytesMax, retryDelayMsMax } from './options.ts'
import { RecordBuffer } from './record-buffer.ts'
import type { SocketAccess, SocketAddress, SocketConnection } from './socket-access.ts'

export interface SocketReaderOptions {
  readonly delimiter: string
  readonly maxRetries: number
  readonly retryDelayMs: number
  readonly recordSizeMaxBytes: number
}

/** Reads records from one connection, and makes it again as often as the options say. */
export class SocketTextSourceReader implements SourceReader<string, SocketAddress> {
  readonly #context: SourceReaderContext
  readonly #access: SocketAccess
  readonly #options: SocketReaderOptions
  readonly #buffer: RecordBuffer
  #isStarted = false
  #split: SocketAddress | undefined
  #connection: SocketConnection | undefined
  /** Bytes received since the records were last all emitted. */
  #receivedBytes = 0
  #isPaused = false
  #failuresInRow = 0
  #retryTimer: Timer | undefined
  #hasAllSplits = false
  #hasEnded = false
  #failure: MillraceError | undefined
  #available: PromiseWithResolvers<void> | undefined

  constructor(context: SourceReaderContext, access: SocketAccess, options: SocketReaderOptions) {
    this.#context = context
    this.#access = access
    this.#options = options
    this.#buffer = new RecordBuffer(options.delimiter)
  }

  start(): void {
    this.#isStarted = true
    this.#context.sendSplitRequest()
  }

  addSplits(splits: readonly SocketAddress[]): void {
    // A reader that is restored has its splits before it is started.
    if (!this.#isStarted && splits.length > 0) {
      const fields = { ...splits[0], restored: splits.length }
      this.#context.logger.warn('socket cannot be read again, what was in flight is lost', fields)
    }
    for (const split of splits) {
      this.#split = split
      this.#connect(split)
    }
  }

  notifyNoMoreSplits(): void {
    this.#hasAllSplits = true
    this.#wake()
  }

  pollNext(output: ReaderOutput<string>, countMax: number): PollStatus {
    for (let i = 0; i < countMax && this.#buffer.recordCount > 0; i++) {
      output.collect(this.#buffer.take())
    }
    if (this.#buffer.recordCount > 0) return 'more-available'
    if (this.#failure !== undefined) throw this.#failure
    this.#receivedBytes = 0
    this.#resume()
    return this.#isEnd() ? 'end-of-input' : 'nothing-available'
  }

  whenAvailable(): Promise<void> {
    const hasNews = this.#buffer.recordCount > 0 || this.#failure !== undefined || this.#isEnd()
    if (hasNews) return Promise.resolve()
    this.#available ??= Promise.withResolvers<void>()
    return this.#available.promise
  }

  /** A socket has no position: after a restart it goes on with what comes then. */
  snapshotState(_checkpointId: number): readonly SocketAddress[] {
    return this.#split === undefined || this.#hasEnded ? [] : [this.#split]
  }

  close(): void {
    this.#retryTimer?.cancel()
    this.#hasEnded = true
    this.#connection?.close()
    this.#connection = undefined
  }

  #connect(address: SocketAddress): void {
    this.#isPaused = false
    this.#connection = this.#access.connect(address, {
      onData: (bytes) => this.#onData(bytes),
      onClosed: (error) => this.#onClosed(address, error),
    })
  }

  #onData(bytes: Buffer): void {
    this.#failuresInRow = 0
    this.#buffer.add(bytes)
    this.#receivedBytes += bytes.length
    if (this.#buffer.restBytes > this.#options.recordSizeMaxBytes) {
      this.#fail(recordTooLong(this.#split, this.#options))
    } else if (this.#buffer.recordCount > 0 && this.#receivedBytes > receivedBytesMax) {
      this.#isPaused = true
      this.#connection?.pause()
    }
    if (this.#buffer.recordCount > 0) this.#wake()
  }

  #onClosed(address: SocketAddress, error: Error | undefined): void {
    this.#connection = undefined
    if (this.#hasEnded || this.#failure !== undefined) return
    this.#buffer.end()
    const { maxRetries, retryDelayMs } = this.#options
    if (this.#failuresInRow < maxRetries) {
      const delayMs = Math.min(retryDelayMs * 2 ** this.#failuresInRow, retryDelayMsMax)
      this.#failuresInRow += 1
      const fields = { ...address, error: error?.message, delayMs }
      this.#context.logger.warn('socket closed, connects again', fields)
      this.#retryTimer = this.#context.clock.setTimer(delayMs, () => this.#connect(address))
    } else if (error === undefined && maxRetries === 0) {
      this.#hasEnded = true
    } else {
      this.#fail(connectionFailed(address, maxRetries, error))
    }
    this.#wake()
  }

  #fail(failure: MillraceError): void {
    this.#failure = failure
    this.#connection?.close()
    this.#connection = undefined
    this.#wake()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#connection?.resume()
  }

  #isEnd(): boolean {
    return this.#hasAllSplits && (this.#split === undefined || this.#hasEnded)
  }

  #wake(): void {
    this.#available?.resolve()
    this.#available = undefined
  }
}

function connectionFailed(
  { host, port }: SocketAddress,
  maxRetries: number,
  cause: Error | undefined,
): MillraceError {
  const reason = cause === undefined ? 'the peer closed the connection' : cause.message
  const message =
    `The socket source lost ${host}:${port} after ${maxRetries} retries: ${reason}. Start a ` +
    'server there that the TaskManagers can reach, or raise maxRetries of the source.'
  return new MillraceError('SOURCE_FAILED', message, {
    cause,
    disposition: 'retry',
    blame: 'external',
    details: { host, port, maxRetries },
  })
}

function recordTooLong(
  address: SocketAddress | undefined,
  options: SocketReaderOptions,
): MillraceError {
  const { recordSizeMaxBytes, delimiter } = options
  const message =
    `A record from ${address?.host}:${address?.port} is longer than ${recordSizeMaxBytes} bytes, ` +
    `with no delimiter ${JSON.stringify(delimiter)} in it. Is the delimiter the right one? If ` +
    'records are that long, raise recordSizeMaxBytes of the source.'
  return new MillraceError('RECORD_TOO_LARGE', message, { blame: 'external' })
}
