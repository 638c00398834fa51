import { type KeyedStateHandle, keyGroupCount, type StateTtlConfig } from '@millrace/core'
import { mergedKeyGroups } from '../inspect/merged-key-groups.ts'
import {
  entriesOfCell,
  type SavedEntry,
  type TimerEntry,
  withoutExpired,
} from '../inspect/saved-entry.ts'
import type { RangeSource } from '../inspect/segment-file.ts'
import { keyText } from './model-state-test-support.ts'

/** What those who look inside find of the states of the model, without restoring them. */
export interface SavedContents {
  /** By key and namespace; an entry of a map has the text of its key before it. */
  readonly cells: Map<string, Map<string, unknown[]>>
  readonly timers: TimerEntry<unknown>[]
}

/** `handles`: of subtasks that have no key group in common. */
export async function readSavedContents(
  source: RangeSource,
  handles: readonly KeyedStateHandle[],
  { ttl, nowMs }: { readonly ttl: StateTtlConfig | undefined; readonly nowMs: number },
): Promise<SavedContents> {
  const found: SavedContents = { cells: new Map(), timers: [] }
  const options = { keyGroups: { start: 0, end: keyGroupCount }, nameOf: (name: string) => name }
  for (const handle of handles) {
    for await (const { states } of mergedKeyGroups(source, handle, options)) {
      for (const { stored, cells } of states.values()) {
        for (const entry of [...cells.values()].flatMap((each) => [
          ...entriesOfCell(each, stored),
        ])) {
          const alive = ttl?.visibility === undefined ? withoutExpired(entry, nowMs) : entry
          if (alive !== undefined) add(alive, stored.name, found)
        }
      }
    }
  }
  return found
}

function add(entry: SavedEntry, name: string, { cells, timers }: SavedContents): void {
  if (entry.kind === 'timer') {
    timers.push(entry)
    return
  }
  const { key, namespace, kind, value } = entry
  const place = `${keyText(key)} ${namespace === undefined ? '' : keyText(namespace)}`
  const states = cells.get(place) ?? new Map<string, unknown[]>()
  cells.set(place, states)
  const found = states.get(name) ?? []
  states.set(name, found)
  if (kind === 'list') found.push(...value)
  else found.push(kind === 'map' ? [keyText(entry.mapKey), value] : value)
}
