import type { RollingPolicy } from './sink/rolling-policy.ts'

/** Settings of a FileSource. */
export interface FileSourceOptions {
  /** A file larger than this is read by several readers at once. Default 64 MB. */
  readonly splitSizeBytes?: number
  /** A longer line fails the job with RECORD_TOO_LARGE. Default 64 MB. */
  readonly lineSizeMaxBytes?: number
  /**
   * Looks for new files this often; the source never ends. Each file is read once, as long as it
   * is when it is found: write it elsewhere and rename it into place. Default: reads what is there
   * and ends.
   */
  readonly monitorIntervalMs?: number
}

/** Settings of a FileSink. */
export interface FileSinkOptions {
  /** When a file is closed and the next one begun. Default: a SizeAndTimeRollingPolicy. */
  readonly rollingPolicy?: RollingPolicy
  /** Text that waits to be written; beyond it the sink makes backpressure. Default 8 MB. */
  readonly bufferSizeBytesMax?: number
  /** Text is written at least this often, so that a quiet stream can be followed. Default 1 s. */
  readonly flushIntervalMs?: number
}

export const splitSizeBytesDefault: number = 64 * 1024 * 1024
export const lineSizeMaxBytesDefault: number = 64 * 1024 * 1024
/** Bytes asked of the file system at once. */
export const chunkSizeBytesDefault: number = 256 * 1024
/** Chunks that are read ahead of the records. */
export const chunksAheadMax: number = 2
export const bufferSizeBytesMaxDefault: number = 8 * 1024 * 1024
export const flushIntervalMsDefault: number = 1000
/** Text is given to a file in pieces of about this many characters. */
export const pieceLengthMinDefault: number = 64 * 1024
