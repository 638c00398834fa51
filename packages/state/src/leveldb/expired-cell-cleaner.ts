import { ByteReader, hashKey, keyIdentity, supervise } from '@millrace/core'
import { namespaceHash, namespaceIdentity } from '../state-namespace.ts'
import type { Cell } from './cell.ts'
import type { CellCache } from './cell-cache.ts'
import { type CellAddress, keyGroupStart, readCellKey } from './cell-key.ts'
import { entryHash } from './leveldb-map-state.ts'
import type { LevelDbState } from './leveldb-state.ts'
import type { StateDatabase } from './state-database.ts'
import { readTouched } from './touched.ts'

/** Cells without anything that can expire that may be passed for each that is looked at. */
const passedPerEntry = 64
const entriesPerScan = 512

interface Candidate {
  readonly state: LevelDbState
  readonly address: CellAddress
}

/**
 * Finds what has expired: by going round the cells of the cache, and through the database behind
 * them, a piece at a time while the event loop goes on.
 */
export class ExpiredCellCleaner {
  readonly #cache: CellCache
  readonly #database: StateDatabase
  #at = 0
  #candidates: Candidate[] = []
  /** Where the next piece of the database begins. */
  #stateIndex = 0
  #start: Uint8Array | undefined
  #scanning: Promise<void> | undefined
  #failure: unknown

  constructor(cache: CellCache, database: StateDatabase) {
    this.#cache = cache
    this.#database = database
  }

  /** Looks at about so many entries, of states with a time to live. */
  cleanUp(states: readonly LevelDbState[], entryCountMax: number): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#goRound(entryCountMax)
    for (const { state, address } of this.#candidates.splice(0, entryCountMax)) {
      const cell = this.#find(state, address)
      if (cell !== undefined) cell.space.cleanUp?.(cell)
    }
    const isIdle = this.#scanning === undefined && this.#candidates.length === 0
    if (!isIdle || this.#cache.isDatabaseEmpty || states.length === 0) return
    this.#scanning = this.#scan(states).finally(() => {
      this.#scanning = undefined
    })
    supervise(this.#scanning, (error) => {
      this.#failure = error
    })
  }

  /** Resolves when the database is not read any more. */
  async close(): Promise<void> {
    await this.#scanning?.catch(() => undefined)
  }

  #goRound(entryCountMax: number): void {
    const { ring } = this.#cache
    let left = entryCountMax
    const steps = Math.min(ring.length, entryCountMax * passedPerEntry)
    for (let step = 0; step < steps && left > 0; step++) {
      if (this.#at >= ring.length) this.#at = 0
      const cell = ring[this.#at++]
      if (cell?.space.cleanUp !== undefined) left -= cell.space.cleanUp(cell)
    }
  }

  async #scan(states: readonly LevelDbState[]): Promise<void> {
    const state = states[this.#stateIndex % states.length] as LevelDbState
    const { id } = state.stored
    const scan = this.#database.scan(this.#start ?? keyGroupStart(id, 0), keyGroupStart(id + 1, 0))
    const entries = await scan.next(entriesPerScan)
    await scan.close()
    for (const [key, value] of entries) {
      const address = readCellKey(key)
      const space = state.spaces.find(({ part }) => part === address.part)
      if (space?.cleanUp === undefined) continue
      const touchedAtMs = readTouched(new ByteReader(value))
      if (state.hasExpiredSince(touchedAtMs)) this.#candidates.push({ state, address })
    }
    const last = entries.at(-1)?.[0]
    this.#start = last === undefined ? undefined : after(last)
    if (last === undefined) this.#stateIndex++
  }

  #find({ spaces }: LevelDbState, address: CellAddress): Cell | undefined {
    const { key, namespace, part, identity } = address
    const [heads] = spaces
    const space = spaces.find((each) => each.part === part)
    if (heads === undefined || space === undefined) return undefined
    const scope = namespaceIdentity(namespace)
    const hash = hashKey(key) ^ namespaceHash(namespace)
    const head = this.#cache.find(heads, keyIdentity(key), scope, hash)
    if (space === heads) return head
    return this.#cache.find(space, identity, head, entryHash(head, identity))
  }
}

/** The least key behind this one. */
function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}
