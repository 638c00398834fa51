import type { SinkWriter } from '@millrace/api'
import type { Clock, Timer } from '@millrace/core'
import type { OutputFile } from './output-files.ts'

export interface FileSinkWriterOptions<T> {
  /** The record as a line, without its line end. */
  readonly format: (record: T) => string
  /** Gives the finished file its final name. */
  readonly publish: () => Promise<void>
  readonly bufferSizeBytesMax: number
  readonly flushIntervalMs: number
}

/** Text is given to the file in pieces of about this many characters. */
const pieceLengthMin = 64 * 1024

/**
 * Gathers lines and writes them behind the subtask's back; blocks it when the file cannot follow.
 */
export class FileSinkWriter<T> implements SinkWriter<T> {
  readonly #clock: Clock
  readonly #file: OutputFile
  readonly #format: (record: T) => string
  readonly #options: FileSinkWriterOptions<T>
  #text = ''
  #pieces: Uint8Array[] = []
  /** Bytes handed over that are not in the file yet. */
  #pendingBytes = 0
  #isWriting = false
  #written: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined
  #flushTimer: Timer | undefined
  #unblocked: PromiseWithResolvers<void> | undefined
  #state: 'open' | 'finished' | 'closed' = 'open'

  constructor(clock: Clock, file: OutputFile, options: FileSinkWriterOptions<T>) {
    this.#clock = clock
    this.#file = file
    this.#format = options.format
    this.#options = options
  }

  write(record: T): void {
    this.#text += `${this.#format(record)}\n`
    if (this.#text.length >= pieceLengthMin) this.#handOver()
    else if (this.#flushTimer === undefined) this.#startFlushTimer()
  }

  blocked(): Promise<void> | undefined {
    this.#throwFailure()
    if (this.#pendingBytes <= this.#options.bufferSizeBytesMax) return undefined
    this.#unblocked ??= Promise.withResolvers<void>()
    return this.#unblocked.promise
  }

  async flush(isEndOfInput: boolean): Promise<void> {
    this.#handOver()
    await this.#written
    this.#throwFailure()
    if (!isEndOfInput || this.#state !== 'open') return
    this.#stopFlushTimer()
    this.#state = 'finished'
    await this.#file.finish()
    await this.#options.publish()
  }

  /**
   * What was written so far stays in the file, under its name in progress unless it was finished.
   */
  async close(): Promise<void> {
    this.#stopFlushTimer()
    if (this.#state !== 'open') return
    this.#handOver()
    this.#state = 'closed'
    await this.#written
    await this.#file.close()
  }

  #handOver(): void {
    this.#throwFailure()
    this.#stopFlushTimer()
    if (this.#text === '') return
    const piece = Buffer.from(this.#text)
    this.#text = ''
    this.#pieces.push(piece)
    this.#pendingBytes += piece.length
    if (this.#isWriting) return
    this.#isWriting = true
    this.#written = this.#writeAll().catch((error: unknown) => {
      this.#failure = { error }
      this.#pieces = []
      this.#unblock()
    })
  }

  async #writeAll(): Promise<void> {
    while (this.#pieces.length > 0) {
      const bytes = Buffer.concat(this.#pieces)
      this.#pieces = []
      await this.#file.write(bytes)
      this.#pendingBytes -= bytes.length
      if (this.#pendingBytes <= this.#options.bufferSizeBytesMax / 2) this.#unblock()
    }
    this.#isWriting = false
  }

  #startFlushTimer(): void {
    this.#flushTimer = this.#clock.setTimer(this.#options.flushIntervalMs, () => {
      this.#flushTimer = undefined
      if (this.#failure === undefined) this.#handOver()
    })
  }

  #stopFlushTimer(): void {
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
  }

  #unblock(): void {
    this.#unblocked?.resolve()
    this.#unblocked = undefined
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
