import type { SinkWriter } from '@millrace/api'
import type { Clock, Timer } from '@millrace/core'
import type { OutputFiles } from './output-files.ts'
import { type FileCommittable, type FileWriterState, PartFile } from './part-file.ts'
import { finishedName, inProgressName } from './part-file-name.ts'
import type { RestoredParts, WriterPlace } from './restored-parts.ts'
import type { RollingPolicy } from './rolling-policy.ts'

export interface FileSinkWriterOptions<T> {
  /** The record as a line, without its line end. */
  readonly format: (record: T) => string
  readonly rollingPolicy: RollingPolicy
  readonly bufferSizeBytesMax: number
  readonly flushIntervalMs: number
  /** Text is given to the file in pieces of about this many characters. */
  readonly pieceLengthMin: number
}

/** How often the rolling policy is asked about time. */
const rollingCheckIntervalMs = 1000

/**
 * Gathers lines and writes them behind the subtask's back; blocks it when the file cannot follow.
 *
 * A part is the writer's until `prepareCommit` hands it out: it is in every state taken before, and
 * in none after. So a part that rolls between the two calls of one barrier is not lost.
 */
export class FileSinkWriter<T> implements SinkWriter<T, FileCommittable, FileWriterState> {
  readonly #clock: Clock
  readonly #files: OutputFiles
  readonly #place: WriterPlace
  readonly #format: (record: T) => string
  readonly #options: FileSinkWriterOptions<T>
  /** In order of their numbers; the last one may be the current one. */
  #parts: PartFile[]
  #current: PartFile | undefined
  #nextPartNumber: number
  #obsoletePaths: readonly string[]
  #text = ''
  /** Bytes handed over that are not in their file yet. */
  #pendingBytes = 0
  #isWriting = false
  #written: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined
  #flushTimer: Timer | undefined
  #rollTimer: Timer | undefined
  #unblocked: PromiseWithResolvers<void> | undefined
  /** Something was made or removed in the folder that may not be so on the disk yet. */
  #hasChangedFolder = true

  constructor(
    clock: Clock,
    files: OutputFiles,
    place: WriterPlace,
    restored: RestoredParts,
    options: FileSinkWriterOptions<T>,
  ) {
    this.#clock = clock
    this.#files = files
    this.#place = place
    this.#format = options.format
    this.#options = options
    const { current, sealed, nextPartNumber, obsoletePaths } = restored
    this.#parts = [...sealed, ...(current === undefined ? [] : [current])]
    this.#current = current
    this.#nextPartNumber = nextPartNumber
    this.#obsoletePaths = obsoletePaths
    if (current !== undefined) this.#startRollTimer()
    this.#startWriting()
  }

  write(record: T): void {
    this.#text += `${this.#format(record)}\n`
    if (this.#text.length >= this.#options.pieceLengthMin) this.#handOver()
    else if (this.#flushTimer === undefined) this.#startFlushTimer()
  }

  blocked(): Promise<void> | undefined {
    this.#throwFailure()
    if (this.#pendingBytes <= this.#options.bufferSizeBytesMax) return undefined
    this.#unblocked ??= Promise.withResolvers<void>()
    return this.#unblocked.promise
  }

  /** All text is on the disk, in files that are there after a loss of power, too. */
  async flush(isEndOfInput: boolean): Promise<void> {
    this.#handOver()
    const isRolling = (part: PartFile): boolean =>
      isEndOfInput || this.#options.rollingPolicy.shouldRollOnCheckpoint(part)
    if (this.#current !== undefined && isRolling(this.#current)) this.#roll()
    await this.#idle()
    this.#throwFailure()
    await this.#current?.sync()
    if (!this.#hasChangedFolder) return
    this.#hasChangedFolder = false
    await this.#files.syncFolder(this.#place.directory)
  }

  prepareCommit(): readonly FileCommittable[] {
    const pending = this.#parts.filter((part) => part.isPending)
    this.#parts = this.#parts.filter((part) => !part.isPending)
    const obsolete = this.#obsoletePaths.map((path) => ({ kind: 'remove', path }) as const)
    this.#obsoletePaths = []
    return [...pending.flatMap((part) => part.committables()), ...obsolete]
  }

  snapshotState(_checkpointId: number): readonly FileWriterState[] {
    const { directory, subtaskIndex } = this.#place
    const parts = this.#parts.map((part) => part.state())
    return [{ directory, subtaskIndex, nextPartNumber: this.#nextPartNumber, parts }]
  }

  /** What was written so far and not committed stays in hidden files. */
  async close(): Promise<void> {
    if (this.#failure === undefined) this.#handOver()
    this.#stopTimers()
    await this.#idle()
    for (const part of this.#parts) await part.close()
  }

  #handOver(): void {
    this.#throwFailure()
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    if (this.#text === '') return
    const piece = Buffer.from(this.#text)
    this.#text = ''
    this.#current ??= this.#begin()
    this.#current.add(piece, this.#clock.monotonicMs())
    this.#pendingBytes += piece.length
    if (this.#options.rollingPolicy.shouldRollOnEvent(this.#current)) this.#roll()
    this.#startWriting()
  }

  #begin(): PartFile {
    const { directory, restoredCheckpointId = 0, ...owner } = this.#place
    const partNumber = this.#nextPartNumber
    this.#nextPartNumber += 1
    this.#hasChangedFolder = true
    const hidden = inProgressName({ ...owner, partNumber, restoredCheckpointId })
    const finished = finishedName(owner.subtaskIndex, partNumber)
    const place = {
      path: this.#files.resolve(directory, hidden),
      targetPath: this.#files.resolve(directory, finished),
      supersededPaths: [],
    }
    const part = new PartFile(place, this.#clock.monotonicMs())
    this.#parts.push(part)
    this.#startRollTimer()
    return part
  }

  #roll(): void {
    this.#current?.seal()
    this.#current = undefined
    this.#rollTimer?.cancel()
    this.#rollTimer = undefined
    this.#startWriting()
  }

  #startWriting(): void {
    if (this.#isWriting) return
    this.#isWriting = true
    this.#written = this.#writeAll().catch((error: unknown) => this.#fail(error))
  }

  /** All that was handed over is in its file, or writing failed. */
  async #idle(): Promise<void> {
    do await this.#written
    while (this.#isWriting && this.#failure === undefined)
  }

  async #writeAll(): Promise<void> {
    for (;;) {
      const part = this.#parts.find((each) => each.hasWork)
      if (part === undefined) break
      const writtenBytes = await part.work(this.#files)
      this.#pendingBytes -= writtenBytes
      if (this.#pendingBytes <= this.#options.bufferSizeBytesMax / 2) this.#unblock()
    }
    this.#isWriting = false
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#stopTimers()
    this.#unblock()
  }

  #startFlushTimer(): void {
    this.#flushTimer = this.#clock.setTimer(this.#options.flushIntervalMs, () => {
      this.#flushTimer = undefined
      this.#orFail(() => this.#handOver())
    })
  }

  #startRollTimer(): void {
    this.#rollTimer = this.#clock.setTimer(rollingCheckIntervalMs, () => {
      this.#rollTimer = undefined
      this.#orFail(() => this.#checkTime())
    })
  }

  #checkTime(): void {
    this.#handOver()
    const current = this.#current
    if (current === undefined || this.#rollTimer !== undefined) return
    const nowMs = this.#clock.monotonicMs()
    if (this.#options.rollingPolicy.shouldRollOnProcessingTime(current, nowMs)) this.#roll()
    else this.#startRollTimer()
  }

  /** Nobody awaits a timer: the next call of the task hears of the failure. */
  #orFail(work: () => void): void {
    try {
      if (this.#failure === undefined) work()
    } catch (error) {
      this.#fail(error)
    }
  }

  #stopTimers(): void {
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    this.#rollTimer?.cancel()
    this.#rollTimer = undefined
  }

  #unblock(): void {
    this.#unblocked?.resolve()
    this.#unblocked = undefined
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
