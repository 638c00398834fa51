// How the cells of maps lie in the database.
//  head   [count, first, next, keys of the end of the index], generic
//  chunk  [keys], generic
//  entry  [touched][chunk u32][value, generic]
// Keys are identities.

import { type ByteReader, type ByteWriter, readGeneric, writeGeneric } from '@millrace/core'
import type { Cell } from './cell.ts'
import type { CellCodec } from './cell-space.ts'
import { estimateBytes } from './memory-estimate.ts'
import { readTouched, writeTouched } from './touched.ts'

/** Which keys a map has: those of the chunks `first` up to, without, `next`, and of the tail. */
export interface MapHead {
  count: number
  first: number
  next: number
  readonly tail: Set<unknown>
}

export const mapHeadCodec: CellCodec = {
  write: (cell: Cell, writer: ByteWriter) => {
    const { count, first, next, tail } = cell.value as MapHead
    writeGeneric([count, first, next, [...tail]], writer)
  },
  read: (cell: Cell, reader: ByteReader) => {
    const [count, first, next, tail] = readGeneric(reader) as [number, number, number, unknown[]]
    cell.value = { count, first, next, tail: new Set(tail) }
  },
  sizeBytes: (cell: Cell) => 200 + keysBytes((cell.value as MapHead).tail),
}

export const indexChunkCodec: CellCodec = {
  write: (cell: Cell, writer: ByteWriter) => {
    writeGeneric([...(cell.value as Set<unknown>)], writer)
  },
  read: (cell: Cell, reader: ByteReader) => {
    cell.value = new Set(readGeneric(reader) as unknown[])
  },
  sizeBytes: (cell: Cell) => keysBytes(cell.value as Set<unknown>),
}

export const entryCodec: CellCodec = {
  write: (cell: Cell, writer: ByteWriter) => {
    writeTouched(cell.touchedAtMs, writer)
    writer.reserve(4)
    writer.view.setUint32(writer.position, cell.chunk)
    writer.position += 4
    writeGeneric(cell.value, writer)
  },
  read: (cell: Cell, reader: ByteReader) => {
    cell.touchedAtMs = readTouched(reader)
    cell.chunk = reader.view.getUint32(reader.position)
    reader.position += 4
    cell.value = readGeneric(reader)
  },
  sizeBytes: (cell: Cell) => 24 + estimateBytes(cell.value),
}

/** By the first: they are much alike, and the whole would be looked at for each that is added. */
function keysBytes(keys: ReadonlySet<unknown>): number {
  const [first] = keys
  return 80 + keys.size * (32 + estimateBytes(first))
}
