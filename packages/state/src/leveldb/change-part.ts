// Changes of one epoch that are more than memory should hold are cut into parts. Each is a piece of
// the log on its own: applied one after the other, and then the rest of the log, they give it all.

import { assert, type MillraceError } from '@millrace/core'
import { RecordBuffer } from '../snapshot/record-buffer.ts'
import { releaseBuffer } from '../snapshot/release-buffer.ts'
import { SegmentRecord } from '../snapshot/segment-record.ts'
import type { Sliced } from '../snapshot/slice.ts'
import { type ChangeLog, copyRecord } from './change-log.ts'
import type { StateDatabase, StateSpill } from './state-database.ts'
import { databaseFailure } from './write-behind.ts'

const recordsPerStep = 64
const noKeyGroups = { start: 0, end: 0 }

/** A part on its way to the disk, or there. */
export class ChangePart {
  readonly #spill: StateSpill
  #writing: Sliced<void> | undefined
  #failure: MillraceError | undefined

  /** `log` is the part's own from now on. */
  constructor(log: ChangeLog, database: StateDatabase) {
    this.#spill = database.spill()
    this.#writing = this.#write(log)
  }

  /** A small piece of the work of writing it; whether nothing is left. */
  advance(): boolean {
    // What could not be written is missing for good.
    if (this.#failure !== undefined) throw this.#failure
    if (this.#writing === undefined) return true
    try {
      if (this.#writing.next().done === true) this.#writing = undefined
    } catch (cause) {
      this.#failure = databaseFailure('write', cause)
      throw this.#failure
    }
    return this.#writing === undefined
  }

  finish(): void {
    while (!this.advance());
  }

  /** Its records, which can be read several times. */
  async read(): Promise<Uint8Array> {
    this.finish()
    try {
      return await this.#spill.read()
    } catch (cause) {
      throw databaseFailure('read', cause)
    }
  }

  drop(): void {
    this.#writing = undefined
    this.#spill.drop()
  }

  *#write(log: ChangeLog): Sliced<void> {
    const records = new RecordBuffer()
    for (const _ of log.write(records, noKeyGroups)) {
      if (records.chunks.length > 1) this.#writeChunk(records)
      yield
    }
    while (records.chunks.length > 0) {
      this.#writeChunk(records)
      yield
    }
  }

  /** The first one, which is full. */
  #writeChunk({ chunks }: RecordBuffer): void {
    const chunk = chunks.shift()
    if (chunk === undefined) return
    this.#spill.append(chunk.writer.bytes.subarray(0, chunk.sizeBytes))
    releaseBuffer(chunk.writer.bytes.buffer)
  }
}

/** What `ChangePart.read` gave. */
export function* recordsOfPart(bytes: Uint8Array): Sliced<RecordBuffer> {
  const records = new RecordBuffer()
  const record = new SegmentRecord(bytes)
  for (let start = 0, step = 1; start < bytes.length; step++) {
    const end = record.moveTo(start, bytes.length)
    assert(end > start, 'A record of a part is not what was written')
    copyRecord(record, { start, end, to: records })
    start = end
    if (step % recordsPerStep === 0) yield
  }
  return records
}
