import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '@millrace/core'
import { Cell } from './cell.ts'
import { CellSpace, cellPart } from './cell-space.ts'
import { chunkHash } from './leveldb-list-state.ts'
import { entryHash } from './leveldb-map-state.ts'
import { entryCodec } from './map-cells.ts'

const space = new CellSpace({ stateId: 0, part: cellPart.entry, codec: entryCodec })
const head = new Cell(space, { identity: 'k', scope: undefined, hash: hashKey('k') }, 0)
const count = 300_000

function placesOf(hash: (index: number) => number): number {
  // As the table takes them: the lowest bit is the mark's.
  const places = new Set<number>()
  for (let index = 0; index < count; index++) places.add((hash(index) >>> 1) & 0xfffff)
  return places.size
}

test('the entries of one map lie apart, however many it has', () => {
  // Of so many that fall anywhere among a million places, 261 000 are expected to differ.
  assert(placesOf((index) => entryHash(head, `entry ${index}`)) > 255_000)
  assert(placesOf((index) => entryHash(head, index)) > 255_000)
})

test('the chunks of one list or index lie apart, however many it has', () => {
  assert(placesOf((index) => chunkHash(head, index)) > 255_000)
})

test('a part of a list or map belongs to the key group of its head', () => {
  const entry = new Cell(space, { identity: 'x', scope: head, hash: entryHash(head, 'x') }, 0)
  assert.equal(entry.hash >>> 17, head.hash >>> 17)
})
