import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  decodeGeneric,
  hashKey,
  type KeyGroupRange,
  keyGroupCount,
  keyGroupOf,
  keyOfIdentity,
  MillraceError,
  SeededRandom,
} from '@millrace/core'
import { type SegmentHeader, segmentOp } from './segment-format.ts'
import type { SegmentReader } from './segment-reader.ts'
import {
  bufferOf,
  handleOf,
  runAll,
  segmentsOf,
  type TestRecord,
  verified,
} from './segment-test-support.ts'
import { writeSegments } from './segment-writer.ts'

const everyKeyGroup = { start: 0, end: keyGroupCount }
const ops = Object.keys(segmentOp) as (keyof typeof segmentOp)[]

const header: SegmentHeader = {
  checkpointId: 7,
  replaces: { start: 100, end: 20_000 },
  states: [
    { id: 0, name: 'count', kind: 'value', types: [{ kind: 'float64' }], ttl: null },
    { id: 1, name: 'items', kind: 'map', types: [null, null], ttl: { ms: 1000 } },
    { id: 2, name: 'timers', kind: 'timer', types: [], ttl: null },
  ],
}

/** Every op, every kind of key, parts that are absent, short and long. */
const records: readonly TestRecord[] = [
  { op: 'put', stateId: 0, key: 'ann', value: 1 },
  { op: 'put', stateId: 0, key: 1.5, namespace: { start: 0, end: 5 }, value: { n: [1, 'zwei'] } },
  { op: 'delete', stateId: 0, key: 'ann' },
  { op: 'append', stateId: 0, key: Number.NaN, value: 'x'.repeat(300) },
  { op: 'put', stateId: 1, key: ['b', 2n, null], mapKey: true, value: null, touchedAtMs: 1234.5 },
  { op: 'clear', stateId: 1, key: new Date(5), namespace: 'w' },
  { op: 'put', stateId: 2, key: new Uint8Array([0, 255]), mapKey: -1, value: 3 },
  { op: 'put', stateId: 2, key: 'Ω'.repeat(200), mapKey: 2 ** 40, value: 4 },
]

function read(reader: SegmentReader, range: KeyGroupRange = everyKeyGroup): TestRecord[] {
  const found: TestRecord[] = []
  const work = reader.read(range, (record) => {
    const part = (name: string, isThere: boolean, value: () => unknown) =>
      isThere ? { [name]: value() } : {}
    assert.equal(record.keyHash() >>> 17, record.keyGroup)
    found.push({
      ...{ op: ops[record.op] ?? 'put', stateId: record.stateId },
      key: keyOfIdentity(record.keyIdentity()),
      ...part('namespace', record.hasNamespace, () => keyOfIdentity(record.namespaceIdentity())),
      ...part('mapKey', record.hasMapKey, () => keyOfIdentity(record.mapKeyIdentity())),
      ...part('value', record.hasValue, () => decodeGeneric(record.bytes, record.valueStart)),
      ...part('touchedAtMs', record.hasTouch, () => record.touchedAtMs),
    })
  })
  runAll(work)
  return found
}

/** In the order a segment has them. */
function inOrder(all: readonly TestRecord[]): TestRecord[] {
  const sortKey = ({ op, key }: TestRecord): number =>
    2 * keyGroupOf(hashKey(key)) + (op === 'delete' || op === 'clear' ? 0 : 1)
  return all.toSorted((one, other) => sortKey(one) - sortKey(other))
}

test('a segment has its records by key group, what takes away before what puts', () => {
  const [segment] = segmentsOf(header, records)
  assert.ok(segment !== undefined)
  const reader = verified(segment.bytes, handleOf(segment, 7))
  assert.deepEqual(reader.header, header)
  assert.deepEqual(read(reader), inOrder(records))
})

test('records that are put apart as they come make the same segments', () => {
  const random = new SeededRandom(7)
  const many = Array.from({ length: 5000 }, (_, index): TestRecord => {
    const key = random.uint32() % 997
    const isPut = index % 3 > 0
    return { op: isPut ? 'put' : 'delete', stateId: 0, key, ...(isPut ? { value: index } : {}) }
  })
  const groups = many.map(({ key }) => keyGroupOf(hashKey(key)))
  const tight = { start: Math.min(...groups), end: Math.max(...groups) + 1 }
  for (const keyGroups of [everyKeyGroup, tight]) {
    for (const sizeMaxBytes of [2 ** 26, 20_000]) {
      const options = { keyGroups: everyKeyGroup, sizeMaxBytes }
      const segments = runAll(writeSegments(header, bufferOf(many, keyGroups), options))
      assert.deepEqual(segments, segmentsOf(header, many, sizeMaxBytes))
    }
  }
})

test('a record far from the key groups that its buffer is for is refused', () => {
  const [ann] = records
  assert.ok(ann)
  const keyGroup = keyGroupOf(hashKey(ann.key))
  assert.throws(() => bufferOf([ann], { start: 0, end: 1 }))
  assert.throws(() => bufferOf([ann], { start: keyGroup + 1, end: keyGroupCount }))
})

test('any range of key groups is read alone', () => {
  const many = Array.from({ length: 5000 }, (_, key): TestRecord => {
    return { op: 'put', stateId: 0, key, value: `value ${key}` }
  })
  const [segment] = segmentsOf(header, many)
  assert.ok(segment !== undefined)
  const reader = verified(segment.bytes, handleOf(segment, 7))
  for (const range of [
    everyKeyGroup,
    { start: 0, end: 1 },
    { start: 5000, end: 9000 },
    { start: 32_000, end: 32_768 },
    { start: 7, end: 7 },
  ]) {
    const expected = inOrder(many).filter(({ key }) => {
      const keyGroup = keyGroupOf(hashKey(key))
      return keyGroup >= range.start && keyGroup < range.end
    })
    assert.deepEqual(read(reader, range), expected)
  }
})

test('too much for one segment goes into several, each with whole key groups', () => {
  const many = Array.from({ length: 3000 }, (_, key): TestRecord => {
    return { op: 'put', stateId: 0, key, value: key }
  })
  const segments = segmentsOf(header, many, 10_000)
  assert.ok(segments.length >= 5, `${segments.length} segments`)
  const found = segments.map((segment) => read(verified(segment.bytes, handleOf(segment, 7))))
  assert.deepEqual(found.flat(), inOrder(many))
  const groupsOf = (part: TestRecord[]) => part.map(({ key }) => keyGroupOf(hashKey(key)))
  for (const [index, part] of found.slice(1).entries()) {
    assert.ok(Math.max(...groupsOf(found[index] ?? [])) < Math.min(...groupsOf(part)))
  }
  // What is replaced is dealt out without a gap.
  let next = header.replaces.start
  for (const { replaces } of segments.filter(({ replaces: { start, end } }) => start < end)) {
    assert.equal(replaces.start, next)
    next = replaces.end
  }
  assert.equal(next, header.replaces.end)
})

test('a segment without records says what it replaces', () => {
  const [segment, ...rest] = segmentsOf(header, [])
  assert.ok(segment !== undefined)
  assert.equal(rest.length, 0)
  assert.deepEqual(segment.replaces, header.replaces)
  assert.deepEqual(read(verified(segment.bytes, handleOf(segment, 7))), [])
})

function refusalOf(bytes: Uint8Array, handle: ReturnType<typeof handleOf>): MillraceError {
  try {
    verified(bytes, handle)
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error))
    assert.equal(error.code, 'CHECKPOINT_CORRUPT')
    assert.equal(error.details['file'], `memory/${handle.name}`)
    return error
  }
  return assert.fail('It was not noticed')
}

test('every byte that is another one is noticed, near where it is', () => {
  const [segment] = segmentsOf(header, records)
  assert.ok(segment !== undefined)
  const handle = handleOf(segment, 7)
  for (let at = 0; at < segment.bytes.length; at++) {
    for (const bit of [1, 0x80]) {
      const damaged = segment.bytes.slice()
      damaged[at] = (damaged[at] ?? 0) ^ bit
      const { offset } = refusalOf(damaged, handle).details
      assert.ok(Number(offset) <= at + 4, `byte ${at} is told as ${offset}`)
    }
  }
})

test('every file that is too short or too long is noticed', () => {
  const [segment] = segmentsOf(header, records)
  assert.ok(segment !== undefined)
  const handle = handleOf(segment, 7)
  const longer = new Uint8Array(segment.bytes.length + 1)
  longer.set(segment.bytes)
  for (let length = 0; length <= longer.length; length++) {
    if (length === segment.bytes.length) continue
    // Also where the handle was made from the damaged file.
    refusalOf(longer.subarray(0, length), handle)
    refusalOf(longer.subarray(0, length), { ...handle, sizeBytes: length })
  }
})

test('the file of another checkpoint, or with another number of records, is noticed', () => {
  const [segment] = segmentsOf(header, records)
  assert.ok(segment !== undefined)
  const handle = handleOf(segment, 7)
  const { bytes } = segment
  assert.match(refusalOf(bytes, { ...handle, checkpointId: 8 }).message, /another checkpoint/)
  assert.match(refusalOf(bytes, { ...handle, recordCount: 1 }).message, /has 8 records, 1 were/)
  assert.match(refusalOf(bytes, { ...handle, name: 'a/7-00' }).message, /SHA-256/)
})

test('a segment of a later format is refused, saying so', () => {
  const [segment] = segmentsOf(header, records)
  assert.ok(segment !== undefined)
  const later = segment.bytes.slice()
  later[8] = 2
  assert.match(refusalOf(later, handleOf(segment, 7)).message, /format version is 2, .* reads 1/)
})

/** `UPDATE_GOLDEN=1` writes it where there is none; what was released is never written again. */
test('the golden segment of format version 1 is read', () => {
  const file = join(import.meta.dirname, 'golden', 'segment-1.bin')
  const [segment] = segmentsOf(header, records)
  assert.ok(segment !== undefined)
  if (process.env['UPDATE_GOLDEN'] === '1' && !existsSync(file)) writeFileSync(file, segment.bytes)
  const golden = new Uint8Array(readFileSync(file))
  const hash = '659919a94c4adbfa1e4da63df93fba8e860020fb6326c8521c2d78dc8d2a7cce'
  const handle = {
    ...{ name: `attempt/7-${hash}`, sizeBytes: golden.length, checkpointId: 7 },
    ...{ replaces: header.replaces, recordCount: records.length },
  }
  const reader = verified(golden, handle)
  assert.deepEqual(reader.header, header)
  assert.deepEqual(read(reader), inOrder(records))
  // And what is written today is the same, byte for byte.
  assert.deepEqual(segment.bytes, golden)
})
