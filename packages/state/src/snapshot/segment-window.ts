import { MillraceError } from '@millrace/core'
import { crc32 } from '../io/checksum.ts'

/** Some bytes of a segment's file, or all of them. Offsets are those in the file. */
export class SegmentWindow {
  readonly bytes: Uint8Array
  /** Of the first of these bytes. */
  readonly offset: number
  /** Where it is, for messages. */
  readonly file: string
  readonly #view: DataView

  constructor(file: string, bytes: Uint8Array, offset = 0) {
    this.file = file
    this.bytes = bytes
    this.offset = offset
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Of what lies behind these bytes. */
  get end(): number {
    return this.offset + this.bytes.length
  }

  uint16(offset: number): number {
    return this.#view.getUint16(offset - this.offset, true)
  }

  uint32(offset: number): number {
    return this.#view.getUint32(offset - this.offset, true)
  }

  slice(start: number, end: number): Uint8Array {
    return this.bytes.subarray(start - this.offset, end - this.offset)
  }

  magic(expected: string, offset: number): void {
    const found = Buffer.from(this.slice(offset, offset + expected.length))
    const isIt = found.toString('latin1') === expected
    this.require(isIt, offset, () => `${JSON.stringify(expected)} is not there`)
  }

  /** The CRC-32 of the bytes from `start` on is what is written at `end`. */
  checksum(start: number, end: number): void {
    const written = this.uint32(end)
    const computed = crc32(this.slice(start, end))
    this.require(
      written === computed,
      start,
      () => `CRC-32 of ${end - start} bytes is ${computed}, not ${written}`,
    )
  }

  /** @throws MillraceError CHECKPOINT_CORRUPT with what is wrong, where the condition is not met. */
  require(condition: boolean, offset: number, what: () => string): void {
    if (!condition) throw this.corrupt(offset, what())
  }

  corrupt(offset: number, what: string, cause?: unknown): MillraceError {
    return corruptSegment(this.file, offset, what, cause)
  }
}

/** The error for a file of a checkpoint that is not what was written. */
export function corruptSegment(
  file: string,
  offset: number,
  what: string,
  cause?: unknown,
): MillraceError {
  return new MillraceError(
    'CHECKPOINT_CORRUPT',
    `The segment ${file} is damaged at byte ${offset}: ${what}. Restore an earlier checkpoint, ` +
      'and look at the disk or store that the file is on.',
    { blame: 'external', disposition: 'retry', cause, details: { file, offset } },
  )
}
