import { MillraceError, type SegmentHandle } from '@millrace/core'
import type { RestoreSource } from './restore-source.ts'
import { corruptSegment } from './segment-window.ts'

/** Segments that are read at the same time, and with them held in memory. */
const segmentsMax = 4
/** Where what is read at the same time is more than this, there is one of it only. */
const bytesMax = 64 * 1024 * 1024

/** Reads the segments of a chain in their order, some at the same time. */
export class SegmentReadAhead {
  readonly #segments: readonly SegmentHandle[]
  readonly #source: RestoreSource
  readonly #reads: Promise<Uint8Array>[] = []
  #begun = 0
  #taken = 0
  #bytes = 0

  constructor(segments: readonly SegmentHandle[], source: RestoreSource) {
    this.#segments = segments
    this.#source = source
  }

  /**
   * The content of the next segment. It counts as held until the call that follows. Rejects with
   * CHECKPOINT_CORRUPT where it is not there.
   */
  next(): Promise<Uint8Array> {
    this.#bytes -= this.#segments[this.#taken - 1]?.sizeBytes ?? 0
    this.#begin()
    this.#taken++
    return this.#reads.shift() as Promise<Uint8Array>
  }

  #begin(): void {
    while (this.#begun < this.#segments.length && this.#begun - this.#taken < segmentsMax) {
      const handle = this.#segments[this.#begun] as SegmentHandle
      const isFirst = this.#begun === this.#taken
      if (!isFirst && this.#bytes + handle.sizeBytes > bytesMax) return
      this.#begun++
      this.#bytes += handle.sizeBytes
      const read = this.#read(handle)
      // It is reported when its turn comes, which an earlier one's failure may take away.
      read.catch(() => {})
      this.#reads.push(read)
    }
  }

  async #read({ name }: SegmentHandle): Promise<Uint8Array> {
    try {
      return await this.#source.read(name)
    } catch (error) {
      const isMissing = error instanceof MillraceError && error.code === 'FILE_NOT_FOUND'
      if (!isMissing) throw error
      throw corruptSegment(`${this.#source.location}/${name}`, 0, 'it is not there', error)
    }
  }
}
