import {
  type ByteWriter,
  detachString,
  keyGroupOf,
  type StateDescription,
  type StateTtlConfig,
} from '@millrace/core'
import { PlaceChanges } from '../snapshot/place-changes.ts'
import { type RecordBuffer, writeIdentityPart } from '../snapshot/record-buffer.ts'
import {
  recordFlag,
  type SegmentOp,
  type StoredState,
  segmentOp,
} from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import type { SnapshottedState } from '../snapshot/snapshotted-state.ts'
import { StateDeclaration } from '../state-declaration.ts'
import { namespaceHash, namespaceIdentity } from '../state-namespace.ts'
import { EntryTtl } from './entry-ttl.ts'
import type { HeapKeyedStateBackend } from './heap-keyed-state-backend.ts'
import { KeyTable } from './key-table.ts'

/**
 * A table with what each key has in each namespace, and the place of the current key in it, which
 * is looked up once for each record: `if (this.recordNumber !== this.backend.recordNumber)
 * this.seek()` comes before each use of `place`.
 */
export abstract class HeapState implements SnapshottedState {
  readonly stateId: number
  readonly changes: PlaceChanges
  protected readonly declaration: StateDeclaration
  protected readonly backend: HeapKeyedStateBackend
  protected readonly table: KeyTable = new KeyTable()
  protected ttl: EntryTtl | undefined = undefined
  /** Of the current key in the table; -1: it has nothing. */
  protected place = -1
  /** The backend's record number that `place` was looked up for. */
  protected recordNumber = -1
  /** Numbers need no check: `valueType` says so, and it is a load less per record here. */
  protected takesNumbers = true
  /** Where cleaning goes on; 0: at the beginning. */
  protected cursor = 0
  #namespace: unknown = undefined
  #namespaceHash = 0
  #restoredKey: unknown = undefined
  #restoredNamespace: unknown = undefined
  #restoredHash = 0

  constructor(stored: StoredState, backend: HeapKeyedStateBackend) {
    this.declaration = new StateDeclaration(stored)
    this.stateId = stored.id
    this.backend = backend
    this.changes = new PlaceChanges(this)
    if (stored.ttl !== null) this.ttl = new EntryTtl(stored.ttl, backend.clock, 0)
  }

  /** Of keys that have something, in all namespaces. */
  get size(): number {
    return this.table.size
  }

  /** As segments name it. */
  get stored(): StoredState {
    return this.declaration.stored
  }

  /** See StateDeclaration. */
  describe(description: StateDescription): void {
    this.declaration.describe(description)
    this.takesNumbers = this.declaration.valueType.takesNumbers
    this.setTtl(this.stored.ttl)
  }

  /** See StateDeclaration. */
  describeRestored(stored: StoredState): void {
    if (this.declaration.describeRestored(stored)) this.setTtl(stored.ttl)
  }

  /** See `Namespaced`. */
  setCurrentNamespace(namespace: unknown): void {
    this.#namespace = namespaceIdentity(namespace)
    this.#namespaceHash = namespaceHash(namespace)
    this.recordNumber = -1
  }

  get hasTtl(): boolean {
    return this.ttl !== undefined
  }

  /** Every entry was looked at; the next call begins anew. */
  get isCleanedUp(): boolean {
    return this.cursor === 0
  }

  /** Looks at about `entryCountMax` entries more; returns how many. */
  cleanUpExpired(entryCountMax: number): number {
    const { ttl, placeCount, cursor } = this
    const end = Math.min(placeCount, cursor + entryCountMax)
    for (let place = cursor; place < end; place++) {
      if (this.isUsed(place) && ttl?.hasExpired(place) === true) this.expire(place)
    }
    this.cursor = end === placeCount ? 0 : end
    return end - cursor
  }

  // Its entries, as snapshots know them: those of the table, unless it has others.

  get entryCount(): number {
    return this.table.size
  }

  get placeCount(): number {
    return this.table.placeCount
  }

  isUsed(place: number): boolean {
    return this.table.isUsed(place)
  }

  keyGroupAt(place: number): number {
    return keyGroupOf(this.table.hashAt(place))
  }

  abstract encode(place: number, records: RecordBuffer, isWhole: boolean): void

  onReopened(_place: number): void {}

  /** Where records are not entries, nothing is known. */
  expect(_entryCount: number): void {}

  /** Does what a record of a segment says. */
  abstract restore(record: SegmentRecord): void

  /** With another time to live, entries without a last touch were touched now. */
  protected setTtl(config: StateTtlConfig | null): void {
    if (config === null) this.ttl = undefined
    else if (this.ttl !== undefined) this.ttl.configure(config)
    else this.ttl = new EntryTtl(config, this.backend.clock, this.placeCount)
  }

  protected seek(): void {
    const { backend } = this
    if (backend.currentKey === undefined) throw this.declaration.noKey()
    this.place = this.table.find(backend.keyIdentity(), this.#namespace, this.#hash())
    this.recordNumber = backend.recordNumber
  }

  /** The current key, which has nothing yet, has this. */
  protected insert(value: unknown): void {
    const identity = detached(this.backend.keyIdentity())
    this.place = this.table.insert(identity, this.#namespace, this.#hash(), value)
  }

  /** Not where it has expired, unless such entries are returned too. Reading may be a touch. */
  protected isReadable(place: number): boolean {
    const { ttl } = this
    if (ttl === undefined) return true
    if (ttl.hasExpired(place)) {
      if (!ttl.returnsExpired) this.expire(place)
      return ttl.returnsExpired
    }
    if (ttl.touchesOnRead) {
      this.changes.change(place)
      ttl.touch(place)
    }
    return true
  }

  protected expire(place: number): void {
    this.deleteEntry(place)
    this.backend.expiredCount++
  }

  /** The entry at a place is no more, which snapshots are told where they know it. */
  protected deleteEntry(place: number): void {
    if (this.changes.delete(place)) this.noteRemoval(segmentOp.delete, place, undefined)
    this.deleteKey(place)
  }

  /** The key at a place of the table has nothing from now on. */
  protected deleteKey(place: number): void {
    this.table.delete(place)
    if (this.place === place) this.place = -1
  }

  /** A record that concerns the key at a place of the table; its value and touch follow. */
  protected beginRecord(
    op: SegmentOp,
    flags: number,
    records: RecordBuffer,
    owner: number,
  ): ByteWriter {
    const { table } = this
    const namespace = table.namespaceAt(owner)
    const all = namespace === undefined ? flags : flags | recordFlag.namespace
    const writer = records.begin(op, all, keyGroupOf(table.hashAt(owner)), this.stateId)
    writeIdentityPart(table.keyAt(owner), writer)
    if (namespace !== undefined) writeIdentityPart(namespace, writer)
    return writer
  }

  /** An entry of the key at a place of the table is no more. */
  protected noteRemoval(op: SegmentOp, owner: number, mapKey: unknown): void {
    const { table } = this
    const keyGroup = keyGroupOf(table.hashAt(owner))
    this.changes.remove(op, keyGroup, table.keyAt(owner), table.namespaceAt(owner), mapKey)
  }

  /** The place of a record's key and namespace, or -1. */
  protected findRestored(record: SegmentRecord): number {
    this.#restoredKey = record.keyIdentity()
    this.#restoredNamespace = record.namespaceIdentity()
    this.#restoredHash = record.placeHash()
    return this.table.find(this.#restoredKey, this.#restoredNamespace, this.#restoredHash)
  }

  /** Those that `findRestored` did not find have this. */
  protected insertRestored(value: unknown): number {
    return this.table.insert(this.#restoredKey, this.#restoredNamespace, this.#restoredHash, value)
  }

  #hash(): number {
    return this.backend.currentHash ^ this.#namespaceHash
  }
}

/** An identity that keeps no frame's text alive. */
export function detached(identity: unknown): unknown {
  return typeof identity === 'string' ? detachString(identity) : identity
}
