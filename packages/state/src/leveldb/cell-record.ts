// What a snapshot says of a cell. See segment-format.ts.

import type { ByteWriter } from '@millrace/core'
import { type RecordBuffer, writeIdentityPart } from '../snapshot/record-buffer.ts'
import { recordFlag, type SegmentOp } from '../snapshot/segment-format.ts'
import type { Cell } from './cell.ts'
import { cellPart } from './cell-space.ts'

/** Begins the record of a cell; value and touch follow, where the flags say so. */
export function beginCellRecord(
  op: SegmentOp,
  flags: number,
  { cell, records }: { readonly cell: Cell; readonly records: RecordBuffer },
): ByteWriter {
  const all = flags | identityFlags(cell)
  const writer = records.begin(op, all, cell.hash >>> 17, cell.space.stateId)
  writeIdentities(cell, writer)
  return writer
}

export function identityFlags(cell: Cell): number {
  const hasNamespace = cell.head.scope !== undefined
  const isEntry = cell.space.part === cellPart.entry
  return (hasNamespace ? recordFlag.namespace : 0) | (isEntry ? recordFlag.mapKey : 0)
}

/** All of a record but its first byte, up to the value: what tells which entry it is of. */
export function writeEntryName(cell: Cell, writer: ByteWriter): void {
  writer.reserve(4)
  writer.view.setUint16(writer.position, cell.hash >>> 17, true)
  writer.view.setUint16(writer.position + 2, cell.space.stateId, true)
  writer.position += 4
  writeIdentities(cell, writer)
}

function writeIdentities(cell: Cell, writer: ByteWriter): void {
  const { head } = cell
  writeIdentityPart(head.identity, writer)
  if (head.scope !== undefined) writeIdentityPart(head.scope, writer)
  if (cell.space.part === cellPart.entry) writeIdentityPart(cell.identity, writer)
}
