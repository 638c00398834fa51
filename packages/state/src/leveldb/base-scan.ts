import { ByteReader, type KeyGroupRange, keyIdentity } from '@millrace/core'
import type { RecordBuffer } from '../snapshot/record-buffer.ts'
import { Cell } from './cell.ts'
import { keyGroupStart, readCellKey } from './cell-key.ts'
import type { CellSpace } from './cell-space.ts'
import { entryName } from './change-log.ts'
import type { StateDatabase, StateScan } from './state-database.ts'
import { databaseFailure } from './write-behind.ts'

/** A state whose cells are read from the database past the cache. */
export interface ScannedState {
  readonly stored: { readonly id: number }
  readonly spaces: readonly CellSpace[]
  /** The next cell of the state in the order of the database: a head, then its parts. */
  recordScanned(cell: Cell, records: RecordBuffer): void
  /** No part follows of the head that came last. */
  endScanned(records: RecordBuffer): void
}

const entriesPerRead = 512

/**
 * All that the database has, at the moment in which this is made, of some key groups. What is in
 * the cache then is newer, and is left out by the names of its entries.
 */
export class BaseScan {
  readonly #scans: { readonly state: ScannedState; readonly scan: StateScan }[]

  #isClosed = false

  constructor(database: StateDatabase, states: readonly ScannedState[], base: KeyGroupRange) {
    this.#scans = states.map((state) => {
      const [start, end] = [base.start, base.end].map((at) => keyGroupStart(state.stored.id, at))
      return { state, scan: database.scan(start as Uint8Array, end as Uint8Array) }
    })
  }

  /** Appends the records. Called once, before `close`. */
  async read(records: RecordBuffer, leftOut: ReadonlySet<string>): Promise<void> {
    try {
      for (const { state, scan } of this.#scans) {
        for (;;) {
          const entries = await scan.next(entriesPerRead)
          if (entries.length === 0) break
          for (const entry of entries) readEntry(state, entry, { records, leftOut })
        }
        state.endScanned(records)
      }
    } catch (cause) {
      // The snapshot was given up meanwhile, which it says itself.
      if (!this.#isClosed) throw databaseFailure('read', cause)
    }
  }

  close(): void {
    this.#isClosed = true
    // One that cannot be closed is closed with its database.
    for (const { scan } of this.#scans.splice(0)) scan.close().catch(() => undefined)
  }
}

function readEntry(
  state: ScannedState,
  [key, value]: readonly [Uint8Array, Uint8Array],
  { records, leftOut }: { readonly records: RecordBuffer; readonly leftOut: ReadonlySet<string> },
): void {
  const cell = detachedCell(state, key)
  if (cell === undefined) return
  if (cell.head === cell) state.endScanned(records)
  if (cell.space.record !== undefined && leftOut.has(entryName(cell))) return
  cell.space.codec.read(cell, new ByteReader(value))
  state.recordScanned(cell, records)
}

/** A cell that is not in the cache. */
function detachedCell({ spaces }: ScannedState, bytes: Uint8Array): Cell | undefined {
  const { part, key, namespace, keyGroup, identity } = readCellKey(bytes)
  const [heads] = spaces
  const space = spaces.find((each) => each.part === part)
  if (heads === undefined || space === undefined) return undefined
  const hash = keyGroup << 17
  const scope = namespace === undefined ? undefined : keyIdentity(namespace)
  const head = new Cell(heads, { identity: keyIdentity(key), scope, hash }, 0)
  return space === heads ? head : new Cell(space, { identity, scope: head, hash }, 0)
}
