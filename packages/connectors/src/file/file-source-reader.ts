import type { PollStatus, ReaderOutput, SourceReader, SourceReaderContext } from '@millrace/api'
import { assert, MillraceError } from '@millrace/core'
import { ChunkFetcher, type ChunkFetcherOptions } from './chunk-fetcher.ts'
import type { FileAccess } from './file-access.ts'
import type { FileSplit } from './file-split.ts'
import type { LineChunk } from './line-chunk.ts'
import { lineTooLong } from './line-scanner.ts'

/** What a line means. `undefined`: nothing, no record. */
export type LineFormat<T> = (line: string) => T | undefined

/** Reads lines of splits in the order they were given; the file is read ahead between polls. */
export class FileSourceReader<T> implements SourceReader<T, FileSplit> {
  readonly #context: SourceReaderContext
  readonly #format: LineFormat<T>
  readonly #lineSizeMaxBytes: number
  readonly #fetcher: ChunkFetcher
  /** Splits with lines that are still to be emitted; `#chunk` belongs to the first. */
  readonly #splits: FileSplit[] = []
  #chunk: LineChunk | undefined
  #hasRequested = false
  #hasAllSplits = false
  #available: PromiseWithResolvers<void> | undefined

  constructor(
    context: SourceReaderContext,
    access: FileAccess,
    format: LineFormat<T>,
    options: ChunkFetcherOptions,
  ) {
    this.#context = context
    this.#format = format
    this.#lineSizeMaxBytes = options.lineSizeMaxBytes
    this.#fetcher = new ChunkFetcher(access, options, {
      onAvailable: () => this.#wake(),
      onDrained: () => this.#requestSplit(),
    })
  }

  start(): void {
    if (this.#splits.length === 0) this.#requestSplit()
  }

  addSplits(splits: readonly FileSplit[]): void {
    this.#hasRequested = false
    this.#splits.push(...splits)
    this.#fetcher.add(splits)
  }

  notifyNoMoreSplits(): void {
    this.#hasAllSplits = true
    this.#wake()
  }

  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus {
    let left = countMax
    while (left > 0) {
      this.#chunk ??= this.#fetcher.take()
      const chunk = this.#chunk
      if (chunk === undefined) return this.#isEnd() ? 'end-of-input' : 'nothing-available'
      left -= this.#emit(chunk, output, left)
      if (chunk.isConsumed) this.#finish(chunk)
    }
    if (this.#chunk !== undefined || this.#fetcher.isAvailable) return 'more-available'
    return this.#isEnd() ? 'end-of-input' : 'nothing-available'
  }

  whenAvailable(): Promise<void> {
    if (this.#chunk !== undefined || this.#fetcher.isAvailable || this.#isEnd()) {
      return Promise.resolve()
    }
    this.#available ??= Promise.withResolvers<void>()
    return this.#available.promise
  }

  snapshotState(_checkpointId: number): readonly FileSplit[] {
    const [first, ...others] = this.#splits
    if (first === undefined || this.#chunk === undefined) return [...this.#splits]
    return [{ ...first, position: this.#chunk.position }, ...others]
  }

  async close(): Promise<void> {
    await this.#fetcher.close()
  }

  /** Emits up to `countMax` lines of the chunk; returns how many lines it took. */
  #emit(chunk: LineChunk, output: ReaderOutput<T>, countMax: number): number {
    const sizeMax = this.#lineSizeMaxBytes
    let count = 0
    while (count < countMax && !chunk.isConsumed) {
      const position = chunk.position
      const line = chunk.nextLine()
      // A line that came in one chunk was not measured before.
      if (chunk.position - position > sizeMax + 1) this.#rejectLong(position)
      const record = this.#parse(line, position)
      if (record !== undefined) output.collect(record)
      count += 1
    }
    return count
  }

  #parse(line: string, position: number): T | undefined {
    try {
      return this.#format(line)
    } catch (cause) {
      throw invalidLine(cause, { path: this.#splits[0]?.path ?? '', position, line })
    }
  }

  #rejectLong(position: number): never {
    throw lineTooLong(this.#splits[0]?.path ?? '', position, this.#lineSizeMaxBytes)
  }

  #finish(chunk: LineChunk): void {
    const split = this.#splits[0]
    assert(split !== undefined, 'A chunk belongs to the first split')
    if (chunk.isLast) this.#splits.shift()
    else this.#splits[0] = { ...split, position: chunk.position }
    this.#chunk = undefined
    this.#fetcher.release(chunk)
  }

  #isEnd(): boolean {
    return this.#hasAllSplits && this.#splits.length === 0
  }

  #requestSplit(): void {
    if (this.#hasRequested || this.#hasAllSplits) return
    this.#hasRequested = true
    this.#context.sendSplitRequest()
  }

  #wake(): void {
    this.#available?.resolve()
    this.#available = undefined
  }
}

function invalidLine(
  cause: unknown,
  place: { readonly path: string; readonly position: number; readonly line: string },
): MillraceError {
  const { path, position, line } = place
  const reason = cause instanceof Error ? cause.message : String(cause)
  const shown = line.length > 80 ? `${line.slice(0, 80)}…` : line
  const message =
    `The line at byte ${position} of file ${path} cannot be read as a record: ${reason} ` +
    `(${JSON.stringify(shown)}). Mend the file, or read it with FileSource.lines and parse it ` +
    `yourself.`
  return new MillraceError('SOURCE_FAILED', message, {
    cause,
    blame: 'external',
    details: { path, position },
  })
}
