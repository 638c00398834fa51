import { assert } from '@millrace/core'
import type { DiscoveredFile } from './file-access.ts'

/**
 * A range of bytes of a file. It owns the lines that start in it, wherever they end. Plain data.
 */
export interface FileSplit {
  /** Absolute. */
  readonly path: string
  readonly start: number
  /** Exclusive. */
  readonly end: number
  /**
   * Where reading begins: lines that start at or after it are still to be read. `start` at first,
   * then the byte after the last line that was emitted.
   */
  readonly position: number
}

/** Ranges of nearly equal size, none larger than `splitSizeBytes`; none at all of an empty file. */
export function splitFile(file: DiscoveredFile, splitSizeBytes: number): readonly FileSplit[] {
  assert(splitSizeBytes >= 1, 'A split has at least one byte')
  const { path, sizeBytes } = file
  const count = Math.ceil(sizeBytes / splitSizeBytes)
  return Array.from({ length: count }, (_, index) => {
    const start = Math.floor((sizeBytes * index) / count)
    return { path, start, end: Math.floor((sizeBytes * (index + 1)) / count), position: start }
  })
}
