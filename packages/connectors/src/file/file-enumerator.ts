import type { SplitEnumerator, SplitEnumeratorContext } from '@millrace/api'
import type { DiscoveredFile } from './file-access.ts'
import { type FileSplit, splitFile } from './file-split.ts'

/** What a checkpoint keeps of the enumerator. Plain data. */
export interface FileEnumeratorState {
  readonly pending: readonly FileSplit[]
  /** Whether the files were looked for at all. */
  readonly isDiscovered: boolean
  /**
   * Files that were found and are still there; only while new ones are looked for. So the state
   * grows with the folder and not with time. A bound by modification time would lose a file that is
   * moved into place after newer ones.
   */
  readonly seenPaths: readonly string[]
}

export interface FileEnumeratorOptions {
  readonly splitSizeBytes: number
  /** undefined: what is there at the start is all. */
  readonly monitorIntervalMs: number | undefined
}

/** Several small splits go out at once; so much at most, so that no reader is left with nothing. */
const batchCountMax = 32
const batchSizeBytesMax = 4 * 1024 * 1024

/** Finds files and gives out their splits, in order, to whoever asks. Knows no file system. */
export class FileEnumerator implements SplitEnumerator<FileSplit, FileEnumeratorState> {
  readonly #context: SplitEnumeratorContext<FileSplit>
  readonly #discover: () => Promise<readonly DiscoveredFile[]>
  readonly #options: FileEnumeratorOptions
  #seenPaths: ReadonlySet<string>
  /** Readers that asked while there was nothing. */
  readonly #waiting = new Set<number>()
  #pending: FileSplit[]
  #isDiscovered: boolean

  constructor(
    context: SplitEnumeratorContext<FileSplit>,
    discover: () => Promise<readonly DiscoveredFile[]>,
    options: FileEnumeratorOptions,
    restored: FileEnumeratorState | undefined,
  ) {
    this.#context = context
    this.#discover = discover
    this.#options = options
    this.#pending = [...(restored?.pending ?? [])]
    this.#isDiscovered = restored?.isDiscovered ?? false
    this.#seenPaths = new Set(restored?.seenPaths ?? [])
  }

  start(): void {
    const { monitorIntervalMs } = this.#options
    if (monitorIntervalMs === undefined && this.#isDiscovered) return
    this.#context.callAsync(
      this.#discover,
      (files, error) => this.#onDiscovered(files, error),
      monitorIntervalMs === undefined
        ? undefined
        : { initialDelayMs: 0, periodMs: monitorIntervalMs },
    )
  }

  handleSplitRequest(subtaskIndex: number): void {
    this.#waiting.add(subtaskIndex)
    this.#serve()
  }

  addSplitsBack(splits: readonly FileSplit[], _subtaskIndex: number): void {
    this.#pending.unshift(...splits)
    this.#serve()
  }

  /** Readers ask by themselves. A request of the reader before it is void. */
  addReader(subtaskIndex: number): void {
    this.#waiting.delete(subtaskIndex)
  }

  snapshotState(_checkpointId: number): FileEnumeratorState {
    return {
      pending: [...this.#pending],
      isDiscovered: this.#isDiscovered,
      seenPaths: [...this.#seenPaths],
    }
  }

  close(): void {
    this.#waiting.clear()
  }

  #onDiscovered(files: readonly DiscoveredFile[] | undefined, error: unknown): void {
    if (files === undefined) throw error
    const found = files.filter(({ path }) => !this.#seenPaths.has(path))
    const isMonitoring = this.#options.monitorIntervalMs !== undefined
    // A folder that is empty all at once may be one that is not mounted for a moment.
    if (isMonitoring && files.length > 0) this.#seenPaths = new Set(files.map(({ path }) => path))
    for (const file of found) {
      this.#pending.push(...splitFile(file, this.#options.splitSizeBytes))
    }
    if (!this.#isDiscovered || found.length > 0) {
      const fields = { fileCount: found.length, splitCount: this.#pending.length }
      this.#context.logger.info('files found', fields)
    }
    this.#isDiscovered = true
    this.#serve()
  }

  #serve(): void {
    const registered = this.#context.registeredReaders()
    for (const subtaskIndex of this.#waiting) {
      // A reader that failed while it waited is not announced; the next one asks by itself.
      if (!registered.includes(subtaskIndex)) this.#waiting.delete(subtaskIndex)
      else if (this.#pending.length > 0) {
        this.#waiting.delete(subtaskIndex)
        this.#context.assignSplits(subtaskIndex, this.#nextBatch())
      } else if (this.#isDiscovered && this.#options.monitorIntervalMs === undefined) {
        this.#waiting.delete(subtaskIndex)
        this.#context.signalNoMoreSplits(subtaskIndex)
      }
    }
  }

  /** A large split alone, or some small ones: fewer the fewer are left. */
  #nextBatch(): readonly FileSplit[] {
    const share = Math.ceil(this.#pending.length / (4 * this.#context.parallelism))
    const countMax = Math.min(share, batchCountMax)
    let count = 0
    let sizeBytes = 0
    for (const split of this.#pending) {
      sizeBytes += split.end - split.position
      if (count > 0 && (count >= countMax || sizeBytes > batchSizeBytesMax)) break
      count += 1
    }
    return this.#pending.splice(0, count)
  }
}
