import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '@millrace/core'
import { CellCache } from './cell-cache.ts'
import { CellSpace, cellPart } from './cell-space.ts'
import type { StateDatabase } from './state-database.ts'

/** Everything in memory, done at once. */
class CountedDatabase implements StateDatabase {
  readCount = 0
  readonly #entries = new Map<string, Uint8Array>()

  get(key: Uint8Array): Uint8Array | undefined {
    // Those of the write behind are its own.
    if (key.length > 2) this.readCount++
    return this.#entries.get(nameOf(key))
  }

  batch(): ReturnType<StateDatabase['batch']> {
    return {
      put: (key, value) => void this.#entries.set(nameOf(key), value.slice()),
      delete: (key) => void this.#entries.delete(nameOf(key)),
      write: () => Promise.resolve(),
    }
  }

  scan(): never {
    throw new Error('Nothing is scanned')
  }

  spill(): never {
    throw new Error('Nothing is put aside')
  }

  pause(): void {}

  close(): Promise<void> {
    return Promise.resolve()
  }
}

const keyCount = 20_000

function setAll(cache: CellCache, space: CellSpace): void {
  for (let key = 0; key < keyCount; key++) {
    cache.makeRoom()
    const cell = cache.findToSet(space, key, undefined, hashKey(key))
    cache.willChange(cell)
    cell.value = key
    cache.didChange(cell)
  }
}

test('cells that are set are hardly ever read, and counted about right all the same', () => {
  const database = new CountedDatabase()
  const cache = new CellCache(database, 64 << 10)
  const space = new CellSpace({
    ...{ stateId: 0, part: cellPart.head, record: () => {} },
    codec: {
      write: () => {},
      read: (cell) => {
        cell.value = 1
      },
      sizeBytes: () => 0,
    },
  })
  for (let round = 1; round <= 5; round++) setAll(cache, space)
  assert.ok(database.readCount < (5 * keyCount) / 10, `${database.readCount} reads`)
  const { entryCount } = cache
  assert.ok(entryCount > 0.95 * keyCount && entryCount < 1.05 * keyCount, `${entryCount}`)
})

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1')
}
