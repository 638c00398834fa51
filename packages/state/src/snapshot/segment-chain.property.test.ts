import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyedStateHandle, KeyGroupRange, SegmentHandle } from '@millrace/core'
import fc from 'fast-check'
import { SegmentChain } from './segment-chain.ts'

/** So few key groups are in use that segments meet. */
const groupCount = 12

const rescale = fc.uniqueArray(fc.integer({ min: 1, max: groupCount - 1 }), { maxLength: 4 })
const checkpoint = fc.record({
  subtask: fc.nat(4),
  parts: fc.constantFrom(1, 1, 2),
  replaces: fc.tuple(fc.nat(groupCount), fc.nat(groupCount)),
})
const step = fc.oneof(
  { weight: 8, arbitrary: checkpoint.map((each) => ({ checkpoint: each })) },
  // All subtasks for the same one, each with a base of its own.
  { weight: 4, arbitrary: fc.array(checkpoint, { minLength: 5 }).map((all) => ({ all })) },
  { weight: 3, arbitrary: rescale.map((cuts) => ({ cuts })) },
)

/** What has to be read for one key group: all since it was replaced last. */
type Needed = string[][]

function rangesOf(cuts: readonly number[]): KeyGroupRange[] {
  const edges = [0, ...cuts.toSorted((one, other) => one - other), groupCount]
  return edges.slice(1).map((end, index) => ({ start: edges[index] ?? 0, end }))
}

function within({ start, end }: KeyGroupRange, to: KeyGroupRange): KeyGroupRange {
  const range = { start: Math.max(start, to.start), end: Math.min(end, to.end) }
  return range.start < range.end ? range : { start: to.start, end: to.start }
}

function take(
  chain: SegmentChain,
  id: number,
  { parts, replaces: [one, other] }: { parts: number; replaces: readonly [number, number] },
  needed: Needed,
): void {
  const { keyGroups } = chain
  const replaced = { start: Math.min(one, other), end: Math.max(one, other) }
  const middle = parts === 1 ? keyGroups.end : (keyGroups.start + keyGroups.end) >> 1
  const segments: SegmentHandle[] = []
  for (const part of [
    { start: keyGroups.start, end: middle },
    { start: middle, end: keyGroups.end },
  ]) {
    if (part.start >= part.end) continue
    const replaces = within(replaced, part)
    const name = `${id} of ${part.start} to ${part.end}`
    segments.push({ name, sizeBytes: 1, checkpointId: id, replaces, recordCount: 1 })
    for (let group = part.start; group < part.end; group++) {
      if (group >= replaces.start && group < replaces.end) needed[group] = []
      needed[group]?.push(name)
    }
  }
  chain.add(segments)
}

test('a chain has what each key group needs, however subtasks were split and joined', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const needed: Needed = Array.from({ length: groupCount }, () => [])
      let chains = [new SegmentChain({ start: 0, end: groupCount })]
      for (const [index, each] of steps.entries()) {
        if ('cuts' in each) {
          const handles: KeyedStateHandle[] = chains.map(({ handle }) => handle)
          chains = rangesOf(each.cuts).map((range) => new SegmentChain(range, handles))
        } else if ('all' in each) {
          for (const [subtask, chain] of chains.entries()) {
            const own = each.all[subtask]
            if (own !== undefined) take(chain, index + 1, own, needed)
          }
        } else {
          const chain = chains[each.checkpoint.subtask % chains.length]
          // One checkpoint each: ids grow over all of them.
          if (chain !== undefined) take(chain, index + 1, each.checkpoint, needed)
        }
        for (const chain of chains) {
          const first = chain.firstSegments()
          const names = chain.segments.map(({ name }) => name)
          for (let group = chain.keyGroups.start; group < chain.keyGroups.end; group++) {
            const own = needed[group] ?? []
            const found = names.slice(first[group]).filter((name) => own.includes(name))
            assert.deepEqual(found, own)
            // Nothing that was void once may come back.
            const read = names.slice(first[group]).filter((name) => isOf(name, group))
            assert.deepEqual(read, own)
          }
        }
      }
    }),
    { numRuns: 200 },
  )
})

function isOf(name: string, group: number): boolean {
  const [, start = 0, end = 0] = /of (\d+) to (\d+)/.exec(name)?.map(Number) ?? []
  return group >= start && group < end
}

test('a segment that has been replaced wholly leaves the chain', () => {
  const chain = new SegmentChain({ start: 0, end: 10 })
  const add = (id: number, start: number, end: number): void => {
    const replaces = { start, end }
    const handle = { sizeBytes: 1, checkpointId: id, replaces, recordCount: 1 }
    chain.add([{ name: String(id), ...handle }])
  }
  const names = (): string => chain.segments.map(({ name }) => name).join(' ')
  add(1, 0, 10)
  add(2, 5, 5)
  add(3, 0, 4)
  add(4, 6, 10)
  assert.equal(names(), '1 2 3 4')
  add(5, 4, 6)
  assert.equal(names(), '3 4 5')
  add(6, 0, 10)
  assert.equal(names(), '6')
})
