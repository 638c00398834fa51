// The parts of a segment that tell where its records are, each checked where it is read: for those
// who read the whole file and for those who read a few blocks of it.

import { keyGroupCount, type SegmentHandle } from '@millrace/core'
import {
  blockHeaderBytes,
  checksumBytes,
  indexEntryBytes,
  type SegmentHeader,
  type StoredState,
  segmentEndMagic,
  segmentFooterBytes,
  segmentFormatVersion,
  segmentMagic,
  segmentOp,
  segmentPrefixBytes,
} from './segment-format.ts'
import type { SegmentRecord } from './segment-record.ts'
import type { SegmentWindow } from './segment-window.ts'

export interface SegmentBlock {
  /** Of its records, in the file. */
  readonly start: number
  readonly end: number
  readonly recordCount: number
  readonly firstKeyGroup: number
  readonly lastKeyGroup: number
}

export interface SegmentFooter {
  readonly indexStart: number
  readonly recordCount: number
}

/** A segment has so many bytes at least. */
export const segmentBytesMin: number = segmentPrefixBytes + checksumBytes + segmentFooterBytes

/** Where the blocks of a segment begin, as its first bytes say. */
export function headerEnd(window: SegmentWindow, sizeBytes: number): number {
  window.magic(segmentMagic, 0)
  const version = window.uint32(8)
  window.require(
    version === segmentFormatVersion,
    8,
    () => `its format version is ${version}, and this version reads ${segmentFormatVersion}`,
  )
  const end = segmentPrefixBytes + window.uint32(12) + checksumBytes
  window.require(
    end <= sizeBytes - segmentFooterBytes,
    12,
    () => 'its header is longer than the file',
  )
  return end
}

/** `end`: see `headerEnd`. */
export function readHeader(
  window: SegmentWindow,
  end: number,
  handle: SegmentHandle,
): SegmentHeader {
  const jsonEnd = end - checksumBytes
  window.checksum(0, jsonEnd)
  const header = headerOf(window, jsonEnd)
  const { checkpointId, replaces } = handle
  const isOfHandle =
    header.checkpointId === checkpointId &&
    header.replaces.start === replaces.start &&
    header.replaces.end === replaces.end
  window.require(isOfHandle, segmentPrefixBytes, () => 'it was written for another checkpoint')
  return header
}

/** `blocksStart`: where the header ends. */
export function readFooter(
  window: SegmentWindow,
  blocksStart: number,
  sizeBytes: number,
): SegmentFooter {
  const footer = sizeBytes - segmentFooterBytes
  window.magic(segmentEndMagic, footer + 16)
  const indexStart = window.uint32(footer)
  window.require(
    indexStart >= blocksStart &&
      indexStart + window.uint32(footer + 4) * indexEntryBytes === footer,
    footer,
    () => 'its index does not lie before its end',
  )
  return { indexStart, recordCount: window.uint32(footer + 8) }
}

/** The window goes from the index to the end of the file. */
export function readIndex(
  window: SegmentWindow,
  { indexStart, recordCount }: SegmentFooter,
  place: { readonly blocksStart: number; readonly handle: SegmentHandle },
): readonly SegmentBlock[] {
  const { blocksStart, handle } = place
  const footer = handle.sizeBytes - segmentFooterBytes
  window.checksum(indexStart, footer + 12)
  window.require(
    recordCount === handle.recordCount,
    footer + 8,
    () => `it has ${recordCount} records, ${handle.recordCount} were written`,
  )
  const blocks: SegmentBlock[] = []
  let next = blocksStart
  for (let entry = indexStart; entry < footer; entry += indexEntryBytes) {
    const isLast = entry + indexEntryBytes === footer
    const end = isLast ? indexStart : window.uint32(entry + indexEntryBytes)
    blocks.push(blockAt(window, entry, next, end))
    next = end
  }
  window.require(next === indexStart, next, () => 'there is something before its index')
  const counted = blocks.reduce((sum, block) => sum + block.recordCount, 0)
  window.require(counted === recordCount, indexStart, () => `its blocks have ${counted} records`)
  return blocks
}

/** The window has the block with what is before and behind its records. */
export function checkBlock(window: SegmentWindow, { start, end, recordCount }: SegmentBlock): void {
  const blockStart = start - blockHeaderBytes
  const isOfIndex =
    window.uint32(blockStart) === end - start && window.uint32(blockStart + 4) === recordCount
  window.require(isOfIndex, blockStart, () => 'a block is not what the index says')
  window.checksum(blockStart, end)
}

/** What the records of one segment are checked against, and what is counted meanwhile. */
export interface RecordCheck {
  readonly stateIds: ReadonlySet<number>
  /** By state: records that put something. */
  readonly putCounts: Uint32Array
  /** Of the record before. */
  keyGroup: number
}

export function recordCheckOf({ states }: SegmentHeader): RecordCheck {
  const stateIds = new Set(states.map(({ id }) => id))
  return { stateIds, putCounts: new Uint32Array(Math.max(0, ...stateIds) + 1), keyGroup: 0 }
}

/** Whether each record lies within its block, and its key group and state are known. */
export function checkRecords(
  window: SegmentWindow,
  block: SegmentBlock,
  record: SegmentRecord,
  check: RecordCheck,
): void {
  const { offset } = window
  const { stateIds, putCounts } = check
  const end = block.end - offset
  let count = 0
  for (let at = block.start - offset; at < end; count++) {
    const start = at
    at = record.moveTo(at, end)
    window.require(at > 0, offset + start, () => 'a record does not end within its block')
    const { keyGroup, stateId } = record
    const isInOrder =
      keyGroup >= check.keyGroup &&
      keyGroup >= block.firstKeyGroup &&
      keyGroup <= block.lastKeyGroup
    window.require(isInOrder, offset + start, () => `key group ${keyGroup} comes out of order`)
    window.require(stateIds.has(stateId), offset + start, () => `it has no state ${stateId}`)
    check.keyGroup = keyGroup
    if (record.op === segmentOp.put) (putCounts[stateId] as number)++
  }
  window.require(
    count === block.recordCount,
    block.start,
    () => `a block has ${count} records, its index says ${block.recordCount}`,
  )
}

/** The block of an index entry, from where the one before ends to where the next one begins. */
function blockAt(
  window: SegmentWindow,
  entry: number,
  blockStart: number,
  blockEnd: number,
): SegmentBlock {
  const firstKeyGroup = window.uint16(entry + 8)
  const lastKeyGroup = window.uint16(entry + 10)
  const start = blockStart + blockHeaderBytes
  const end = blockEnd - checksumBytes
  const isPlaced = window.uint32(entry) === blockStart && start <= end && end <= window.end
  window.require(isPlaced, entry, () => `its index names no block at ${blockStart}`)
  window.require(
    firstKeyGroup <= lastKeyGroup && lastKeyGroup < keyGroupCount,
    entry,
    () => `a block has the key groups ${firstKeyGroup} to ${lastKeyGroup}`,
  )
  return { start, end, recordCount: window.uint32(entry + 4), firstKeyGroup, lastKeyGroup }
}

function headerOf(window: SegmentWindow, end: number): SegmentHeader {
  const text = Buffer.from(window.slice(segmentPrefixBytes, end)).toString()
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw window.corrupt(segmentPrefixBytes, 'its header is no JSON', cause)
  }
  window.require(isHeader(parsed), segmentPrefixBytes, () => 'its header lacks fields')
  return parsed as SegmentHeader
}

function isHeader(parsed: unknown): parsed is SegmentHeader {
  if (typeof parsed !== 'object' || parsed === null) return false
  const { checkpointId, replaces, states } = parsed as Partial<SegmentHeader>
  return (
    typeof checkpointId === 'number' &&
    typeof replaces === 'object' &&
    typeof replaces.start === 'number' &&
    typeof replaces.end === 'number' &&
    Array.isArray(states) &&
    states.every((state: Partial<StoredState> | null) => {
      return typeof state?.id === 'number' && typeof state.name === 'string'
    })
  )
}
