import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type CompletedCheckpoint, encodeGeneric, MillraceError } from '@millrace/core'
import { crc32 } from '../io/checksum.ts'
import { decodeCheckpointMetadata, encodeCheckpointMetadata } from './checkpoint-metadata.ts'
import {
  checkpointOf,
  firstCheckpoint,
  fullCheckpoint,
} from './completed-checkpoint-test-support.ts'

const origin = '/checkpoints/job/chk-7/_metadata'
const golden = new URL('golden/checkpoint-metadata-1.bin', import.meta.url)

/** Whole around whatever content. */
function framed(value: unknown, version = 2): Uint8Array {
  const content = encodeGeneric(value)
  const bytes = Buffer.alloc(20 + content.length)
  bytes.write('MRCHKPT\n')
  bytes.writeUInt32LE(version, 8)
  bytes.writeUInt32LE(content.length, 12)
  bytes.set(content, 16)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

function assertCorrupt(bytes: Uint8Array, message: RegExp, what?: string): void {
  assert.throws(
    () => decodeCheckpointMetadata(bytes, origin),
    (error) => {
      assert.ok(error instanceof MillraceError, `${what}: ${error}`)
      assert.equal(error.code, 'CHECKPOINT_CORRUPT', what)
      assert.match(error.message, message, what)
      assert.ok(error.message.startsWith(origin))
      return true
    },
    what,
  )
}

test('a checkpoint is read as it was written', () => {
  for (const completed of [fullCheckpoint, checkpointOf(1, []), checkpointOf(2, ['a/1'])]) {
    const bytes = encodeCheckpointMetadata(completed)
    assert.deepEqual(decodeCheckpointMetadata(bytes, origin), completed)
    assert.deepEqual(bytes, new Uint8Array(framed(completed)))
  }
})

test('metadata of the first version is read', () => {
  const bytes = readFileSync(golden)
  assert.deepEqual(decodeCheckpointMetadata(bytes, golden.pathname), firstCheckpoint)
})

test('every bit that was flipped is noticed', () => {
  const bytes = encodeCheckpointMetadata(fullCheckpoint)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assertCorrupt(damaged, /no whole metadata/, `bit ${bit}`)
  }
})

test('metadata cut anywhere, or with more behind it, is noticed', () => {
  const bytes = encodeCheckpointMetadata(fullCheckpoint)
  for (let length = 0; length < bytes.length; length++) {
    assertCorrupt(bytes.slice(0, length), /no whole metadata/, `${length} bytes`)
  }
  assertCorrupt(Buffer.concat([bytes, Buffer.alloc(1)]), /CRC-32/)
  assertCorrupt(Buffer.alloc(1000), /does not begin as one/)
})

test('a later version of the format is named', () => {
  assertCorrupt(framed(fullCheckpoint, 3), /version 3, and this release reads versions 1 to 2/)
  assertCorrupt(framed(fullCheckpoint, 0), /version 0, and this release reads versions 1 to 2/)
})

test('a field that is missing, has another type, or is too many is named with its place', () => {
  for (const path of pathsOf(fullCheckpoint)) {
    for (const wrong of [null, -1, 'x'.repeat(600), [null], { strange: 1 }, new Map(), 0.5]) {
      const changed = structuredClone(fullCheckpoint)
      const isSame = replaceAt(changed, path, wrong)
      if (!isSame) assertFieldRefused(changed, `${path.join('.')} = ${JSON.stringify(wrong)}`)
    }
    const without = structuredClone(fullCheckpoint)
    deleteAt(without, path)
    assertFieldRefused(without, `without ${path.join('.')}`)
  }
  assertCorrupt(
    framed({ ...fullCheckpoint, more: 1 }),
    /is '{ kind, jobId, .*', not \{ kind, jobId/,
  )
  assertCorrupt(framed(undefined), /is undefined, not an object/)
})

test('places that contradict each other are named', () => {
  const [vertex] = fullCheckpoint.vertices
  assert.ok(vertex !== undefined)
  const withVertex = (changes: object): Uint8Array =>
    framed({ ...fullCheckpoint, vertices: [{ ...vertex, ...changes }] })
  assertCorrupt(
    withVertex({ parallelism: 3 }),
    /vertices\[0\]\.subtasks is a list of 2, not a list/,
  )
  assertCorrupt(withVertex({ operators: [] }), /subtasks\[0\] is 'source-1', not an operator of/)
})

test('a file name that leads out of the directory is refused', () => {
  for (const name of ['../other/1', '/etc/passwd', 'a//b', '', 'a/1.tmp']) {
    const bytes = framed(checkpointOf(1, [name]))
    assertCorrupt(bytes, /segments\[0\]\.name is '.*', not the name of a file/)
    assert.throws(() => encodeCheckpointMetadata(checkpointOf(1, [name])), MillraceError)
  }
})

function assertFieldRefused(value: CompletedCheckpoint, what: string): void {
  assertCorrupt(framed(value), / is .*, not /s, what)
}

/** Of every field and item. Free text and numbers that any value fits are left out. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  return Object.entries(value).flatMap(([name, item]) => [
    ...(Array.isArray(value) ? [] : [[...path, name]]),
    ...pathsOf(item, [...path, name]),
  ])
}

/** True where the value may stand in that place. */
function replaceAt(root: object, path: readonly string[], value: unknown): boolean {
  const [holder, name] = placeOf(root, path)
  const isStateName = path.at(-2) === 'droppedStates' || path.at(-3) === 'renamedStates'
  const isFreeText = name === 'name' || name === 'jobName' || isStateName
  holder[name] = value
  return isFreeText && typeof value === 'string'
}

function deleteAt(root: object, path: readonly string[]): void {
  const [holder, name] = placeOf(root, path)
  delete holder[name]
}

function placeOf(root: object, path: readonly string[]): [Record<string, unknown>, string] {
  let holder = root as Record<string, unknown>
  for (const part of path.slice(0, -1)) holder = holder[part] as Record<string, unknown>
  return [holder, path.at(-1) ?? '']
}
