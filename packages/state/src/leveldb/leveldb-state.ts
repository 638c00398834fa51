import type { StateDescription } from '@millrace/core'
import type { RecordBuffer } from '../snapshot/record-buffer.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import { StateDeclaration } from '../state-declaration.ts'
import { namespaceHash, namespaceIdentity } from '../state-namespace.ts'
import type { ScannedState } from './base-scan.ts'
import type { Cell } from './cell.ts'
import type { CellCache } from './cell-cache.ts'
import type { CellSpace } from './cell-space.ts'
import { EntryClock } from './entry-clock.ts'
import type { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'
import type { StateSetup } from './state-setup.ts'

/**
 * A state of the backend, and the head of what the current key has in the current namespace. Each
 * operation calls `seek` first, which is where cells may leave the cache.
 */
export abstract class LevelDbState implements ScannedState {
  protected readonly declaration: StateDeclaration
  protected readonly backend: LevelDbKeyedStateBackend
  protected readonly cache: CellCache
  protected clock: EntryClock | undefined
  protected abstract readonly heads: CellSpace
  #namespace: unknown = undefined
  #namespaceHash = 0
  #cell: Cell | undefined = undefined
  #recordNumber = -1

  constructor(stored: StoredState, { backend, cache }: StateSetup) {
    this.declaration = new StateDeclaration(stored)
    this.backend = backend
    this.cache = cache
    this.clock = this.#clockOf(stored)
  }

  /** As segments name it. */
  get stored(): StoredState {
    return this.declaration.stored
  }

  /** It has a time to live. */
  get hasTtl(): boolean {
    return this.clock !== undefined
  }

  /** See StateDeclaration. */
  describe(description: StateDescription): void {
    this.declaration.describe(description)
    this.clock = this.#clockOf(this.stored)
  }

  /** See StateDeclaration. */
  describeRestored(stored: StoredState): void {
    if (this.declaration.describeRestored(stored)) this.clock = this.#clockOf(stored)
  }

  /** Does what a record of a segment says. */
  abstract restore(record: SegmentRecord): void

  /** Of its cells; that of the heads comes first. */
  abstract get spaces(): readonly CellSpace[]

  /** See ScannedState. */
  recordScanned(cell: Cell, records: RecordBuffer): void {
    cell.space.record?.(cell, records, true)
  }

  /** See ScannedState. */
  endScanned(_records: RecordBuffer): void {}

  /** Whether what was touched at that time has expired. */
  hasExpiredSince(touchedAtMs: number): boolean {
    return this.clock?.hasExpiredSince(touchedAtMs) === true
  }

  /** See `Namespaced`. */
  setCurrentNamespace(namespace: unknown): void {
    this.#namespace = namespaceIdentity(namespace)
    this.#namespaceHash = namespaceHash(namespace)
    this.#recordNumber = -1
  }

  /** The head of the current key; cells found before are not to be used any more. */
  protected seek(): Cell {
    return this.#seek(false)
  }

  /** The same, without what it has: that is set next. */
  protected seekToSet(): Cell {
    return this.#seek(true)
  }

  /** The same head, after others may have made it leave. */
  protected seekAgain({ identity, scope, hash }: Cell): Cell {
    return this.cache.find(this.heads, identity, scope, hash)
  }

  /** The head that a record is of. `isBlind`: the record has all of it. */
  protected headOf(record: SegmentRecord, isBlind: boolean): Cell {
    this.cache.makeRoom()
    const hash = record.placeHash()
    const [key, namespace] = [record.keyIdentity(), record.namespaceIdentity()]
    return isBlind
      ? this.cache.findBlind(this.heads, key, namespace, hash)
      : this.cache.find(this.heads, key, namespace, hash)
  }

  /** Entries without a last touch were touched when they were restored. */
  protected touchedAtMs(record: SegmentRecord): number {
    return record.hasTouch ? record.touchedAtMs : this.backend.clock.now()
  }

  #seek(isToBeSet: boolean): Cell {
    const { backend } = this
    const cell = this.#cell
    this.cache.makeRoom()
    if (cell !== undefined && this.#recordNumber === backend.recordNumber && cell.at >= 0) {
      return cell
    }
    if (backend.currentKey === undefined) throw this.declaration.noKey()
    const hash = backend.currentHash ^ this.#namespaceHash
    const key = backend.keyIdentity()
    const found = isToBeSet
      ? this.cache.findToSet(this.heads, key, this.#namespace, hash)
      : this.cache.find(this.heads, key, this.#namespace, hash)
    this.#cell = found
    this.#recordNumber = backend.recordNumber
    return found
  }

  #clockOf({ ttl }: StoredState): EntryClock | undefined {
    return ttl === null ? undefined : new EntryClock(ttl, this.backend.clock)
  }
}
