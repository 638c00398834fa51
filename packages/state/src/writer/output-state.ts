import {
  type ByteWriter,
  encodeKey,
  hashKey,
  keyGroupOf,
  MillraceError,
  type StateDescription,
  type TypeDescriptor,
  writeGeneric,
} from '@millrace/core'
import { DeclaredType } from '../declared-type.ts'
import type { SavedCell } from '../inspect/key-group-content.ts'
import type { ListEntry, MapEntry, SavedEntry, ValueEntry } from '../inspect/saved-entry.ts'
import { writeTouch } from '../snapshot/record-buffer.ts'
import { type StoredState, segmentOp } from '../snapshot/segment-format.ts'
import { storedState } from '../snapshot/stored-state.ts'
import { putRecord, type RecordPlace, type RecordSink, writeBytes } from './record-sink.ts'

/** An entry that is added to a state; what a reader of savepoints yields is one. */
export interface NewEntry {
  readonly key: unknown
  /** Undefined for states of users. */
  readonly namespace?: unknown
  readonly mapKey?: unknown
  /** Of a list an array. */
  readonly value: unknown
  /** Milliseconds since 1970; now, where it is missing and the state has a time to live. */
  readonly touchedAtMs?: number | undefined
  readonly lives?: ListEntry<unknown, unknown>['lives']
}

/** Where the entry of a key belongs. */
type CellPlace = Pick<RecordPlace, 'keyGroup' | 'key' | 'namespace'>

/** A state as it is written: its entries are checked against the declared types. */
export class OutputState {
  readonly stored: StoredState
  readonly #keyType: DeclaredType
  readonly #valueType: DeclaredType
  readonly #nowMs: number

  /** `id`: that of the segments which are written. */
  constructor(id: number, description: StateDescription, nowMs: number) {
    this.stored = storedState(id, description)
    const { name } = description
    const types = this.stored.types as readonly (TypeDescriptor | null)[]
    const isMap = description.kind === 'map'
    this.#keyType = new DeclaredType(name, 'A key of the map', isMap ? (types[0] ?? null) : null)
    this.#valueType = new DeclaredType(name, 'A value', types.at(-1) ?? null)
    this.#nowMs = nowMs
  }

  /** Appends an entry of whatever key; to a list it adds elements. */
  add(entry: NewEntry, sink: RecordSink): void {
    const { key, namespace, mapKey, value } = entry
    const place = {
      keyGroup: keyGroupOf(hashKey(key)),
      key: encodeKey(key),
      namespace: namespace === undefined ? undefined : encodeKey(namespace),
    }
    const { kind } = this.stored
    const life = { touchedAtMs: entry.touchedAtMs, expiresAtMs: undefined }
    if (kind === 'list') {
      const lives = entry.lives ?? []
      this.#list(place, { key, value: this.#elements(value, key), lives }, sink, segmentOp.append)
    } else if (kind === 'map') {
      this.#value(place, { key, value, mapKey, ...life }, sink)
    } else {
      this.#value(place, { key, value, ...life }, sink)
    }
  }

  /** Appends what has become of an entry; undefined: it is no more. */
  put(entry: SavedEntry, value: unknown, place: CellPlace, sink: RecordSink): void {
    if (value === undefined || entry.kind === 'timer') return
    if (entry.kind === 'list') {
      const elements = this.#elements(value, entry.key)
      // A touch is that of its element as long as there are as many.
      const lives = elements.length === entry.value.length ? entry.lives : []
      this.#list(place, { key: entry.key, value: elements, lives }, sink, segmentOp.put)
    } else {
      this.#value(place, { ...entry, value }, sink)
    }
  }

  #value(
    place: CellPlace,
    entry: Pick<ValueEntry<unknown, unknown>, 'key' | 'value' | 'touchedAtMs'> &
      Partial<Pick<MapEntry<unknown, unknown, unknown>, 'mapKey'>>,
    sink: RecordSink,
  ): void {
    const { key, value, mapKey } = entry
    if (value === undefined) throw this.#noValue(key)
    const isMap = this.stored.kind === 'map'
    if (isMap) this.#keyType.require(mapKey, key)
    this.#valueType.require(value, key)
    const record = {
      ...place,
      stateId: this.stored.id,
      mapKey: isMap ? encodeKey(mapKey) : undefined,
      touchedAtMs: this.#touch(entry.touchedAtMs),
    }
    putRecord(sink, record, (writer) => writeGeneric(value, writer))
  }

  #list(
    place: CellPlace,
    {
      key,
      value,
      lives,
    }: Pick<ListEntry<unknown, unknown>, 'key' | 'lives'> & { readonly value: readonly unknown[] },
    sink: RecordSink,
    op: typeof segmentOp.put | typeof segmentOp.append,
  ): void {
    if (value.length === 0) return
    for (const element of value) {
      if (element === undefined) throw this.#noValue(key)
      this.#valueType.require(element, key)
    }
    const touches = value.map((_, index) => this.#touch(lives[index]?.touchedAtMs))
    const record = {
      ...{ ...place, stateId: this.stored.id, mapKey: undefined },
      touchedAtMs: touches.at(-1),
    }
    const write = (writer: ByteWriter): void => {
      for (const [index, element] of value.entries()) {
        writeGeneric(element, writer)
        const touchedAtMs = touches[index]
        if (touchedAtMs !== undefined) writeTouch(touchedAtMs, writer)
      }
    }
    putRecord(sink, record, write, op)
  }

  #elements(value: unknown, key: unknown): readonly unknown[] {
    if (Array.isArray(value)) return value
    throw this.#refused(key, 'the value of a list is an array')
  }

  #touch(touchedAtMs: number | undefined): number | undefined {
    return this.stored.ttl === null ? undefined : (touchedAtMs ?? this.#nowMs)
  }

  #noValue(key: unknown): MillraceError {
    return this.#refused(key, 'undefined is no value')
  }

  #refused(key: unknown, reason: string): MillraceError {
    const { name } = this.stored
    return new MillraceError(
      'ARGUMENT_INVALID',
      `An entry of state '${name}' for the key ${String(key)} cannot be written: ${reason}.`,
      { blame: 'user', disposition: 'reject-request', details: { state: name } },
    )
  }
}

/** Appends what a key has of a state that is kept as it is. Nothing is decoded. */
export function copyCell(
  cell: SavedCell,
  keyGroup: number,
  stored: StoredState,
  sink: RecordSink,
): void {
  const { key, namespace } = cell
  const hasEntries = stored.kind === 'map' || stored.kind === 'timer'
  let isFirst = true
  for (const part of cell.parts.values()) {
    const { window, mapKeyStart, mapKeyEnd, valueStart, valueEnd, hasTouch, touchedAtMs } = part
    const record = {
      ...{ keyGroup, stateId: stored.id, key, namespace },
      mapKey: hasEntries ? window.bytes.subarray(mapKeyStart, mapKeyEnd) : undefined,
      touchedAtMs: hasTouch ? touchedAtMs : undefined,
    }
    const value = window.bytes.subarray(valueStart, valueEnd)
    const op = hasEntries || isFirst ? segmentOp.put : segmentOp.append
    putRecord(sink, record, (writer) => writeBytes(writer, value), op)
    isFirst = false
  }
}
