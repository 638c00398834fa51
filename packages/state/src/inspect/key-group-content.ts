import { type StoredState, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import type { SegmentWindow } from '../snapshot/segment-window.ts'

/** Where something that was put lies; the bytes are those of the window. */
export interface SavedPart {
  readonly window: SegmentWindow
  /** Of the key of a map in canonical form, for a map or timers. */
  readonly mapKeyStart: number
  readonly mapKeyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
  readonly hasTouch: boolean
  /** In a list each element has its own too, in the value. */
  readonly touchedAtMs: number
}

/** What a key has in one namespace. */
export interface SavedCell {
  /** In canonical form. */
  readonly key: Uint8Array
  /** In canonical form; undefined: the void one. */
  readonly namespace: Uint8Array | undefined
  /** By the key of the map, as a text; else by their order. */
  readonly parts: Map<string | number, SavedPart>
}

/** The state of one name in one key group. */
export interface StateContent {
  readonly stored: StoredState
  /** By key and namespace as a text. */
  readonly cells: ReadonlyMap<string, SavedCell>
}

interface ChangingContent {
  stored: StoredState
  readonly cells: Map<string, SavedCell>
}

/** All that one key group has: records are applied to it as a restore applies them to a backend. */
export class KeyGroupContent {
  readonly keyGroup: number
  readonly #states = new Map<string, ChangingContent>()

  constructor(keyGroup: number) {
    this.keyGroup = keyGroup
  }

  /** By name. */
  get states(): ReadonlyMap<string, StateContent> {
    return this.#states
  }

  /** Does what a record says; `stored` is the state it is of. */
  apply(stored: StoredState, record: SegmentRecord, window: SegmentWindow): void {
    const { cells } = this.#stateOf(stored)
    const place = placeOf(record)
    const hasEntries = stored.kind === 'map' || stored.kind === 'timer'
    if (record.op === segmentOp.clear || (record.op === segmentOp.delete && !hasEntries)) {
      cells.delete(place)
      return
    }
    if (record.op === segmentOp.delete) {
      const parts = cells.get(place)?.parts
      parts?.delete(mapKeyOf(record))
      if (parts?.size === 0) cells.delete(place)
      return
    }
    let cell = cells.get(place)
    if (cell === undefined) {
      cell = cellOf(record)
      cells.set(place, cell)
    }
    const { parts } = cell
    if (!hasEntries && record.op === segmentOp.put) parts.clear()
    parts.set(hasEntries ? mapKeyOf(record) : parts.size, partOf(record, window))
  }

  #stateOf(stored: StoredState): ChangingContent {
    const { name } = stored
    let state = this.#states.get(name)
    if (state === undefined) {
      state = { stored, cells: new Map() }
      this.#states.set(name, state)
    }
    // What a later segment says of it holds.
    state.stored = stored
    return state
  }
}

function cellOf(record: SegmentRecord): SavedCell {
  const { bytes, keyStart, keyEnd, hasNamespace, namespaceStart, namespaceEnd } = record
  return {
    key: bytes.slice(keyStart, keyEnd),
    namespace: hasNamespace ? bytes.slice(namespaceStart, namespaceEnd) : undefined,
    parts: new Map(),
  }
}

function partOf(record: SegmentRecord, window: SegmentWindow): SavedPart {
  const { hasMapKey, mapKeyStart, mapKeyEnd, valueStart, valueEnd } = record
  const { hasTouch, touchedAtMs } = record
  return {
    window,
    mapKeyStart: hasMapKey ? mapKeyStart : 0,
    mapKeyEnd: hasMapKey ? mapKeyEnd : 0,
    valueStart: record.hasValue ? valueStart : 0,
    valueEnd: record.hasValue ? valueEnd : 0,
    hasTouch,
    touchedAtMs,
  }
}

/** Canonical keys and namespaces as a text: the same for the same ones only. */
function placeOf(record: SegmentRecord): string {
  const { bytes, keyStart, keyEnd, hasNamespace, namespaceStart, namespaceEnd } = record
  const namespace = hasNamespace ? latin1(bytes, namespaceStart, namespaceEnd) : ''
  // The length tells where the key ends: one with a namespace is no other one without.
  return `${keyEnd - keyStart}:${latin1(bytes, keyStart, keyEnd)}${namespace}`
}

function mapKeyOf({ bytes, mapKeyStart, mapKeyEnd, hasMapKey }: SegmentRecord): string {
  return hasMapKey ? latin1(bytes, mapKeyStart, mapKeyEnd) : ''
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
