import type {
  Clock,
  FileSystem,
  Logger,
  MillraceError,
  Random,
  SlotOptions,
  ThreadHost,
} from '@millrace/core'
import type { BundleCacheOptions, FetchBundle } from './bundle-cache.ts'

/** What a TaskExecutor takes from the world. */
export interface TaskExecutorEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly threadHost: ThreadHost
  /** For the bundles. */
  readonly fileSystem: FileSystem
  readonly fetchBundle: FetchBundle
  /** What a slot thread imports the file at `path` by. */
  moduleUrlOf(path: string): string
  /** The newest lines of this process's log, at most so many, JSON each. */
  recentLogLines(lineCountMax: number): readonly string[]
  /** The process must end: a thread with user code cannot be ended otherwise. */
  onFatalError(error: MillraceError): void
}

export interface TaskExecutorOptions {
  readonly slotCount: number
  /** Bound of each slot's JavaScript heap; 0: Node's default. taskmanager.slot.heap-size */
  readonly heapLimitBytes: number
  readonly slot: SlotOptions
  readonly bundles: BundleCacheOptions
  /** How long a canceled task may take. task.cancellation.timeout */
  readonly cancellationTimeoutMs: number
  /** How long a terminated thread may take to be gone before the process gives up. */
  readonly terminationTimeoutMs: number
  /** How long `close` waits for tasks to end by themselves. */
  readonly shutdownTimeoutMs: number
}
