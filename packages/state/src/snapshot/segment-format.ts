// A segment: records of keyed state, sorted by key group. docs/formats.md has the same in tables.
//
//   segment = magic (8), u32 format version, u32 length of the header, header as JSON in UTF-8,
//             u32 CRC-32 of all before it;
//             blocks; index; footer
//   block   = u32 bytes of its records, u32 number of them, records, u32 CRC-32 of all before it
//             in the block
//   index   = for each block: u32 offset, u32 number of records, u16 first key group, u16 last one
//   footer  = u32 offset of the index, u32 number of blocks, u32 number of records,
//             u32 CRC-32 of the index and these three, end magic (8)
//   record  = u8 op and flags, u16 key group, u16 id of the state, part key,
//             [part namespace] [part key of a map] [part value] [float64 last touch]
//   part    = u8 length up to 254, or 255 and u32 length; so many bytes
//
// Keys, namespaces and keys of maps are canonical keys; values are in the generic encoding. In the
// value of a list element follows upon element, each with its own last touch if there is one.

import type { KeyGroupRange, StateDescription, StateTtlConfig } from '@millrace/core'

export const segmentMagic = 'MRSEGMT\n'
export const segmentEndMagic = 'MRSEGEND'
export const segmentFormatVersion = 1

export const segmentPrefixBytes = 16
export const blockHeaderBytes = 8
export const checksumBytes = 4
export const indexEntryBytes = 12
export const segmentFooterBytes = 24
/** A block ends with the record that reaches it. */
export const blockSizeBytes: number = 32 * 1024

/** What a record does to the entry of its key, namespace and, in a map, key of the map. */
export const segmentOp = {
  /** It is this; for a list: all of it. */
  put: 0,
  /** It is no more. In a segment all of these and of `clear` come before the rest of a key group. */
  delete: 1,
  /** These elements follow those that the list has. */
  append: 2,
  /** The map has no entries. */
  clear: 3,
} as const

export type SegmentOp = (typeof segmentOp)[keyof typeof segmentOp]

/** The op is in the lowest bits of the first byte, and what follows the key above it. */
export const segmentOpMask = 0x07
export const recordFlag = { namespace: 0x08, mapKey: 0x10, value: 0x20, touch: 0x40 } as const

/** A part of this length or more has its length behind this byte. */
export const longPart = 255

export type StoredStateKind = StateDescription['kind'] | 'timer'

/** A state, as the header of a segment names it. Its id is that of this segment only. */
export interface StoredState {
  readonly id: number
  readonly name: string
  readonly kind: StoredStateKind
  /** Descriptors of the declared types; null where one is not declared. */
  readonly types: readonly unknown[]
  readonly ttl: StateTtlConfig | null
}

export interface SegmentHeader {
  readonly checkpointId: number
  /** See SegmentHandle. */
  readonly replaces: KeyGroupRange
  readonly states: readonly StoredState[]
  /** Of several segments that have the same key groups: tells those apart that say the same. */
  readonly part?: number
}

export function isInRange(keyGroup: number, { start, end }: KeyGroupRange): boolean {
  return keyGroup >= start && keyGroup < end
}
