// Keys of the database. Numbers are big-endian, so that the key groups of a state lie in order.
//
//   [stateId u16][keyGroup u16][length u32][canonical key][length u32][namespace][part u8][rest]
//
// The void namespace has length 0. The rest of a chunk's key is its number (u32), of an entry's key
// the canonical key of the map; of a head's there is none. State ids are those of one attempt.

import { type ByteWriter, decodeKey, keyIdentity, keyOfIdentity, writeKey } from '@millrace/core'
import type { Cell } from './cell.ts'
import { cellPart } from './cell-space.ts'

/** No state has this id: keys that begin with it are the backend's own. */
export const ownStateId = 0xffff

export function writeCellKey(cell: Cell, writer: ByteWriter): void {
  const head = cell.head
  writer.reserve(4)
  writer.view.setUint16(writer.position, cell.space.stateId)
  writer.view.setUint16(writer.position + 2, head.hash >>> 17)
  writer.position += 4
  writeIdentity(head.identity, writer)
  writeIdentity(head.scope, writer)
  writer.reserve(1)
  writer.bytes[writer.position++] = cell.space.part
  if (cell.space.part === cellPart.chunk) {
    writer.reserve(4)
    writer.view.setUint32(writer.position, cell.identity as number)
    writer.position += 4
  } else if (cell.space.part === cellPart.entry) {
    writeKey(keyOfIdentity(cell.identity), writer)
  }
}

/** Whose entry a key of the database is. */
export interface CellAddress {
  readonly keyGroup: number
  readonly part: number
  readonly key: unknown
  readonly namespace: unknown
  /** Identity of the map's key, number of the chunk, or undefined. */
  readonly identity: unknown
}

export function readCellKey(bytes: Uint8Array): CellAddress {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const keyStart = 8
  const keyEnd = keyStart + view.getUint32(keyStart - 4)
  const namespaceStart = keyEnd + 4
  const namespaceEnd = namespaceStart + view.getUint32(keyEnd)
  const part = view.getUint8(namespaceEnd)
  const rest = namespaceEnd + 1
  return {
    keyGroup: view.getUint16(2),
    part,
    key: decodeKey(bytes, keyStart, keyEnd),
    namespace:
      namespaceEnd === namespaceStart ? undefined : decodeKey(bytes, namespaceStart, namespaceEnd),
    identity: readRest(bytes, view, { part, rest }),
  }
}

/** Where the entries of a state's key group begin; there may be no such group any more. */
export function keyGroupStart(stateId: number, keyGroup: number): Uint8Array {
  const bytes = new Uint8Array(4)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, stateId)
  view.setUint16(2, keyGroup)
  return bytes
}

function readRest(
  bytes: Uint8Array,
  view: DataView,
  { part, rest }: { readonly part: number; readonly rest: number },
): unknown {
  if (part === cellPart.chunk) return view.getUint32(rest)
  return part === cellPart.entry ? keyIdentity(decodeKey(bytes, rest)) : undefined
}

function writeIdentity(identity: unknown, writer: ByteWriter): void {
  writer.reserve(4)
  const start = writer.position
  writer.position += 4
  if (identity !== undefined) writeKey(keyOfIdentity(identity), writer)
  writer.view.setUint32(start, writer.position - start - 4)
}
