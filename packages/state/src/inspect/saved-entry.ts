import { ByteReader, decodeKey, readGeneric } from '@millrace/core'
import { readTouch } from '../snapshot/record-buffer.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { SavedCell, SavedPart } from './key-group-content.ts'

/** What every entry of keyed state has. */
interface KeyedEntry<Key> {
  readonly key: Key
  /** What of the operator it belongs to, such as a window; undefined for states of users. */
  readonly namespace: unknown
}

/** When an entry was touched last and expires: both undefined where it lives forever. */
export interface Life {
  /** Milliseconds since 1970. */
  readonly touchedAtMs: number | undefined
  readonly expiresAtMs: number | undefined
}

/** The value of a key, or what a reducing or an aggregating state has accumulated for it. */
export interface ValueEntry<Key, Value> extends KeyedEntry<Key>, Life {
  readonly kind: 'value' | 'reducing' | 'aggregating'
  readonly value: Value
}

/** The list of a key. */
export interface ListEntry<Key, Element> extends KeyedEntry<Key> {
  readonly kind: 'list'
  readonly value: readonly Element[]
  /** Of each element; empty where they live forever. */
  readonly lives: readonly Life[]
}

/** One entry of the map of a key. */
export interface MapEntry<Key, MapKey, Value> extends KeyedEntry<Key>, Life {
  readonly kind: 'map'
  readonly mapKey: MapKey
  readonly value: Value
}

/** A moment at which an operator is to be called for a key. */
export interface TimerEntry<Key> extends KeyedEntry<Key> {
  readonly kind: 'timer'
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** An entry of keyed state, as it was saved. */
export type SavedEntry =
  | ValueEntry<unknown, unknown>
  | ListEntry<unknown, unknown>
  | MapEntry<unknown, unknown, unknown>
  | TimerEntry<unknown>

/**
 * The entries that a key has in one namespace: of a map or of timers one for each part.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT with the place of what cannot be decoded.
 */
export function* entriesOfCell(cell: SavedCell, stored: StoredState): Generator<SavedEntry> {
  const [any] = cell.parts.values()
  if (any === undefined) return
  const owner = decoded(any, () => ({
    key: decodeKey(cell.key),
    namespace: cell.namespace === undefined ? undefined : decodeKey(cell.namespace),
  }))
  if (stored.kind === 'list') {
    yield listEntry(owner, [...cell.parts.values()], stored)
    return
  }
  for (const part of cell.parts.values()) yield decoded(part, () => entryOf(owner, part, stored))
}

/** The entry without what has expired at that time; undefined where nothing is left of it. */
export function withoutExpired(entry: SavedEntry, nowMs: number): SavedEntry | undefined {
  if (entry.kind === 'timer') return entry
  if (entry.kind !== 'list') return hasExpired(entry, nowMs) ? undefined : entry
  const { value, lives } = entry
  const alive = lives.map((life) => !hasExpired(life, nowMs))
  if (alive.every((isAlive) => isAlive)) return entry
  const kept = value.filter((_, index) => alive[index])
  if (kept.length === 0) return undefined
  return { ...entry, value: kept, lives: lives.filter((_, index) => alive[index]) }
}

export function hasExpired({ expiresAtMs }: Life, nowMs: number): boolean {
  return expiresAtMs !== undefined && nowMs >= expiresAtMs
}

/** Bytes of the values of a key in one namespace, and of the keys of its map. */
export function sizeOfCell({ parts }: SavedCell): number {
  let size = 0
  for (const { mapKeyStart, mapKeyEnd, valueStart, valueEnd } of parts.values()) {
    size += mapKeyEnd - mapKeyStart + valueEnd - valueStart
  }
  return size
}

function entryOf(
  owner: KeyedEntry<unknown>,
  part: SavedPart,
  { kind, ttl }: StoredState,
): SavedEntry {
  const { window, mapKeyStart, mapKeyEnd, valueStart } = part
  const mapKey = (): unknown => decodeKey(window.bytes, mapKeyStart, mapKeyEnd)
  if (kind === 'timer') return { ...owner, kind, timestamp: Number(mapKey()) }
  const value = readGeneric(new ByteReader(window.bytes, valueStart))
  const life = lifeOf(part.hasTouch ? part.touchedAtMs : undefined, ttl)
  if (kind === 'map') return { ...owner, kind, mapKey: mapKey(), value, ...life }
  return { ...owner, kind: kind as 'value', value, ...life }
}

/** Parts follow each other: what was put first, then what was appended. */
function listEntry(
  owner: KeyedEntry<unknown>,
  parts: readonly SavedPart[],
  { ttl }: StoredState,
): SavedEntry {
  const value: unknown[] = []
  const lives: Life[] = []
  for (const part of parts) {
    decoded(part, () => {
      const reader = new ByteReader(part.window.bytes, part.valueStart)
      while (reader.position < part.valueEnd) {
        value.push(readGeneric(reader))
        const touchedAtMs = part.hasTouch ? readTouch(reader) : undefined
        if (ttl !== null) lives.push(lifeOf(touchedAtMs, ttl))
      }
    })
  }
  return { ...owner, kind: 'list', value, lives }
}

/** What was saved without a touch before it had a time to live is touched by the restore. */
function lifeOf(touchedAtMs: number | undefined, ttl: StoredState['ttl']): Life {
  if (ttl === null || touchedAtMs === undefined) {
    return { touchedAtMs: undefined, expiresAtMs: undefined }
  }
  return { touchedAtMs, expiresAtMs: touchedAtMs + ttl.ms }
}

function decoded<T>(part: SavedPart, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    const { window, valueStart } = part
    throw window.corrupt(window.offset + valueStart, 'a record has no meaning', cause)
  }
}
