import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeKey, types } from '@millrace/core'
import fc from 'fast-check'
import { entriesOfCell } from '../inspect/saved-entry.ts'
import { ScratchDirectory } from '../io/scratch-directory.ts'
import { OutputState } from './output-state.ts'
import { RecordSpill } from './record-spill.ts'

const value = { kind: 'value', name: 'v', type: types.float64, ttl: undefined } as const
const list = { kind: 'list', name: 'l', elementType: undefined, ttl: { ms: 5 } } as const

test('what was added is read by key groups, whatever of it went to disk', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.nat(40), isList: fc.boolean(), text: fc.string() })),
      fc.nat(400),
      async (entries, memoryMaxBytes) => {
        const scratch = new ScratchDirectory()
        const states = [new OutputState(0, value, 100), new OutputState(1, list, 100)] as const
        const spill = new RecordSpill((name) => scratch.spill(name), memoryMaxBytes)
        const expected = new Map<string, unknown>()
        for (const [index, { key, isList, text }] of entries.entries()) {
          if (isList) {
            states[1].add({ key, value: [text, index] }, spill)
            const before = (expected.get(`l ${key}`) ?? []) as unknown[]
            expected.set(`l ${key}`, [...before, text, index])
          } else {
            states[0].add({ key, value: index }, spill)
            expected.set(`v ${key}`, index)
          }
        }
        const byId = new Map(states.map(({ stored }) => [stored.id, stored]))
        const found = new Map<string, unknown>()
        let before = -1
        for (const range of [
          { start: 0, end: 10_000 },
          { start: 10_000, end: 32_768 },
        ]) {
          for await (const content of spill.read(range, byId)) {
            assert.ok(content.keyGroup > before && content.keyGroup >= range.start)
            before = content.keyGroup
            for (const { stored, cells } of content.states.values()) {
              for (const cell of cells.values()) {
                const [entry] = entriesOfCell(cell, stored)
                assert.ok(entry !== undefined && entry.kind !== 'timer')
                found.set(`${stored.name} ${String(decodeKey(cell.key))}`, entry.value)
              }
            }
          }
        }
        spill.drop()
        scratch.remove()
        assert.deepEqual(found, expected)
      },
    ),
    { numRuns: 60 },
  ))

test('of an entry that cannot be written nothing is there', async () => {
  const state = new OutputState(0, value, 0)
  const spill = new RecordSpill(() => assert.fail('nothing is spilled'), 1000)
  state.add({ key: 1, value: 1 }, spill)
  for (const refused of [undefined, 'text', () => 1]) {
    assert.throws(() => state.add({ key: 1, value: refused }, spill))
  }
  const untyped = new OutputState(0, { ...value, type: undefined }, 0)
  assert.throws(() => untyped.add({ key: 1, value: () => 1 }, spill), {
    code: 'RECORD_TYPE_MISMATCH',
  })
  const range = { start: 0, end: 32_768 }
  let count = 0
  for await (const { states } of spill.read(range, new Map([[0, state.stored]]))) {
    count += states.get('v')?.cells.size ?? 0
  }
  assert.equal(count, 1)
})
