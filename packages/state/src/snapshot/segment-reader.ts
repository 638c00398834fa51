import type { KeyGroupRange, SegmentHandle } from '@millrace/core'
import { Sha256 } from '../io/checksum.ts'
import type { SegmentHeader } from './segment-format.ts'
import {
  checkBlock,
  checkRecords,
  headerEnd,
  readFooter,
  readHeader,
  readIndex,
  recordCheckOf,
  type SegmentBlock,
  segmentBytesMin,
} from './segment-parts.ts'
import { SegmentRecord } from './segment-record.ts'
import { SegmentWindow } from './segment-window.ts'
import type { Sliced } from './slice.ts'

const hashedPerStepBytes = 128 * 1024

/**
 * A segment that is what was written: nothing of it can be read before all of it was verified.
 *
 * Checked in this order, so that a message says as exactly as possible where it is damaged: size,
 * header, footer, index, each block with its records, and the hash that is part of its name.
 */
export class SegmentReader {
  readonly header: SegmentHeader
  readonly #bytes: Uint8Array
  readonly #blocks: readonly SegmentBlock[]
  readonly #record: SegmentRecord
  /** By state. */
  readonly #putCounts: Uint32Array

  /**
   * `location`: of the storage, for the message.
   *
   * @throws MillraceError CHECKPOINT_CORRUPT, with the file, the offset and what is wrong there.
   */
  static *verify(
    bytes: Uint8Array,
    handle: SegmentHandle,
    location: string,
  ): Sliced<SegmentReader> {
    const window = new SegmentWindow(`${location}/${handle.name}`, bytes)
    checkSize(window, handle)
    const blocksStart = headerEnd(window, bytes.length)
    const header = readHeader(window, blocksStart, handle)
    const footer = readFooter(window, blocksStart, bytes.length)
    const blocks = readIndex(window, footer, { blocksStart, handle })
    yield
    for (const block of blocks) {
      checkBlock(window, block)
      yield
    }
    const record = new SegmentRecord(bytes)
    const check = recordCheckOf(header)
    for (const block of blocks) {
      checkRecords(window, block, record, check)
      yield
    }
    yield* checkHash(window, handle)
    return new SegmentReader(bytes, header, { blocks, record, putCounts: check.putCounts })
  }

  private constructor(
    bytes: Uint8Array,
    header: SegmentHeader,
    rest: {
      readonly blocks: readonly SegmentBlock[]
      readonly record: SegmentRecord
      readonly putCounts: Uint32Array
    },
  ) {
    this.header = header
    this.#bytes = bytes
    this.#blocks = rest.blocks
    this.#record = rest.record
    this.#putCounts = rest.putCounts
  }

  /** Records of this state that put something. */
  putCount(stateId: number): number {
    return this.#putCounts[stateId] ?? 0
  }

  /** Calls `apply` for the records of a range, in order, with one and the same object. */
  *read(range: KeyGroupRange, apply: (record: SegmentRecord) => void): Sliced<void> {
    const record = this.#record
    let step = 0
    for (const { start, end, firstKeyGroup, lastKeyGroup } of this.#blocks) {
      if (lastKeyGroup < range.start || firstKeyGroup >= range.end) continue
      for (let at = start; at < end; ) {
        at = record.moveTo(at, end)
        const { keyGroup } = record
        if (keyGroup >= range.start && keyGroup < range.end) apply(record)
        if (++step % 128 === 0) yield
      }
    }
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }
}

function checkSize(window: SegmentWindow, { sizeBytes }: SegmentHandle): void {
  const { length } = window.bytes
  window.require(length === sizeBytes, 0, () => `it has ${length} bytes, ${sizeBytes} were written`)
  window.require(
    length >= segmentBytesMin,
    0,
    () => `a segment has ${segmentBytesMin} bytes at least`,
  )
}

function* checkHash(window: SegmentWindow, { name }: SegmentHandle): Sliced<void> {
  const { bytes } = window
  const hash = new Sha256()
  for (let at = 0; at < bytes.length; at += hashedPerStepBytes) {
    hash.update(bytes.subarray(at, at + hashedPerStepBytes))
    yield
  }
  const digest = hash.digest()
  window.require(name.endsWith(`-${digest}`), 0, () => `its SHA-256 is ${digest}`)
}
