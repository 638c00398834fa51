import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyGroupCount, type SegmentHandle } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import type { SegmentHeader } from '../snapshot/segment-format.ts'
import { handleOf, segmentsOf, type TestRecord } from '../snapshot/segment-test-support.ts'
import { mergedKeyGroups } from './merged-key-groups.ts'
import { entriesOfCell } from './saved-entry.ts'

const keyGroups = { start: 0, end: keyGroupCount }
const states: SegmentHeader['states'] = [
  { id: 0, name: 'value', kind: 'value', types: [null], ttl: null },
  { id: 1, name: 'list', kind: 'list', types: [null], ttl: null },
  { id: 2, name: 'map', kind: 'map', types: [null, null], ttl: null },
]

/** What is read of a chain: a segment for each of these, of which the first one is the base. */
async function readChain(...chain: readonly (readonly TestRecord[])[]): Promise<unknown> {
  const storage = new MemoryCheckpointStorage()
  const segments: SegmentHandle[] = []
  for (const [index, records] of chain.entries()) {
    const checkpointId = index + 1
    const replaces = index === 0 ? keyGroups : { start: 0, end: 0 }
    const [segment] = segmentsOf({ checkpointId, replaces, states }, records)
    assert.ok(segment)
    const handle = handleOf(segment, checkpointId)
    storage.files.set(handle.name, segment.bytes)
    segments.push(handle)
  }
  const found: Record<string, unknown> = {}
  const options = { keyGroups, nameOf: (name: string) => name }
  for await (const content of mergedKeyGroups(storage, { keyGroups, segments }, options)) {
    for (const { stored, cells } of content.states.values()) {
      for (const cell of cells.values()) {
        for (const entry of entriesOfCell(cell, stored)) {
          if (entry.kind === 'timer') continue
          const part = entry.kind === 'map' ? ` ${String(entry.mapKey)}` : ''
          found[`${stored.name} ${String(entry.key)}${part}`] = entry.value
        }
      }
    }
  }
  return found
}

test('later segments put, append to, delete and clear what earlier ones have', async () => {
  const base: readonly TestRecord[] = [
    { op: 'put', stateId: 0, key: 'ann', value: 1 },
    { op: 'put', stateId: 0, key: 'bob', value: 2 },
    { op: 'put', stateId: 1, key: 'ann', value: 'one' },
    { op: 'put', stateId: 1, key: 'bob', value: 'one' },
    { op: 'put', stateId: 2, key: 'ann', mapKey: 'pen', value: 1 },
    { op: 'put', stateId: 2, key: 'ann', mapKey: 'ink', value: 2 },
    { op: 'put', stateId: 2, key: 'bob', mapKey: 'pen', value: 3 },
    { op: 'put', stateId: 2, key: 'bob', mapKey: 'ink', value: 4 },
  ]
  const changes: readonly TestRecord[] = [
    { op: 'put', stateId: 0, key: 'ann', value: 10 },
    { op: 'delete', stateId: 0, key: 'bob' },
    { op: 'append', stateId: 1, key: 'ann', value: 'two' },
    { op: 'put', stateId: 1, key: 'bob', value: 'other' },
    { op: 'clear', stateId: 2, key: 'ann' },
    { op: 'put', stateId: 2, key: 'ann', mapKey: 'nib', value: 5 },
    { op: 'delete', stateId: 2, key: 'bob', mapKey: 'ink' },
  ]
  assert.deepEqual(await readChain(base, changes), {
    'value ann': 10,
    'list ann': ['one', 'two'],
    'list bob': ['other'],
    'map ann nib': 5,
    'map bob pen': 3,
  })
  const last: readonly TestRecord[] = [
    { op: 'clear', stateId: 2, key: 'ann' },
    { op: 'delete', stateId: 2, key: 'bob', mapKey: 'pen' },
    { op: 'delete', stateId: 1, key: 'ann' },
  ]
  assert.deepEqual(await readChain(base, changes, last), { 'value ann': 10, 'list bob': ['other'] })
  // Nothing of what was replaced counts.
  assert.deepEqual(await readChain(last, base.slice(0, 1)), { 'value ann': 1 })
})
