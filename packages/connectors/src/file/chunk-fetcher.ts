import { supervise } from '@millrace/core'
import { ChunkBuffers } from './chunk-buffers.ts'
import type { FileAccess } from './file-access.ts'
import type { FileSplit } from './file-split.ts'
import type { LineChunk } from './line-chunk.ts'
import { LineScanner } from './line-scanner.ts'

export interface ChunkFetcherOptions {
  readonly chunkSizeBytes: number
  /** Chunks read but not taken yet. */
  readonly chunksAheadMax: number
  readonly lineSizeMaxBytes: number
}

/** What a fetcher tells its reader. */
export interface ChunkFetcherListener {
  /** A chunk can be taken, or reading failed. */
  onAvailable(): void
  /** Everything was read of all splits: time to ask for more. */
  onDrained(): void
}

/** Reads splits ahead of who takes the chunks, in order, a bounded number of chunks. */
export class ChunkFetcher {
  readonly #access: FileAccess
  readonly #options: ChunkFetcherOptions
  readonly #listener: ChunkFetcherListener
  readonly #buffers: ChunkBuffers
  readonly #splits: FileSplit[] = []
  readonly #chunks: LineChunk[] = []
  #isReading = false
  /** Of the last reading that was begun. */
  #run: Promise<void> = Promise.resolve()
  #onRoom: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined
  #isClosed = false

  constructor(access: FileAccess, options: ChunkFetcherOptions, listener: ChunkFetcherListener) {
    this.#access = access
    this.#options = options
    this.#listener = listener
    this.#buffers = new ChunkBuffers(options.chunkSizeBytes, options.chunksAheadMax + 1)
  }

  add(splits: readonly FileSplit[]): void {
    this.#splits.push(...splits)
    if (this.#isReading || this.#isClosed) return
    this.#isReading = true
    this.#run = this.#readAll()
    supervise(this.#run, (error) => {
      this.#failure = { error }
      this.#listener.onAvailable()
    })
  }

  /** Whether `take` has something to say. */
  get isAvailable(): boolean {
    return this.#chunks.length > 0 || this.#failure !== undefined
  }

  /** The next chunk, if one was read; throws what reading met, after all that was read before. */
  take(): LineChunk | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined && this.#failure !== undefined) throw this.#failure.error
    this.#onRoom?.()
    return chunk
  }

  /** The chunk is consumed. */
  release(chunk: LineChunk): void {
    this.#buffers.release(chunk.buffer)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#chunks.length = 0
    this.#onRoom?.()
    await this.#run.catch(() => {})
  }

  async #readAll(): Promise<void> {
    while (!this.#isClosed) {
      const split = this.#splits.shift()
      if (split === undefined) break
      await this.#read(split)
    }
    this.#isReading = false
    if (!this.#isClosed) this.#listener.onDrained()
  }

  async #read(split: FileSplit): Promise<void> {
    const file = await this.#access.open(split.path)
    try {
      const { lineSizeMaxBytes } = this.#options
      const scanner = new LineScanner(file, split, this.#buffers, lineSizeMaxBytes)
      let isLast = false
      while (!isLast && !this.#isClosed) {
        const chunk = await scanner.next()
        isLast = chunk.isLast
        await this.#push(chunk)
      }
    } finally {
      await file.close()
    }
  }

  async #push(chunk: LineChunk): Promise<void> {
    if (this.#isClosed) return
    this.#chunks.push(chunk)
    this.#listener.onAvailable()
    while (this.#chunks.length >= this.#options.chunksAheadMax && !this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onRoom = resolve
      await promise
      this.#onRoom = undefined
    }
  }
}
