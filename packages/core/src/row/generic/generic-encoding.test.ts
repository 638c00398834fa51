import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '../../errors.ts'
import { ByteReader, ByteWriter } from '../byte-writer.ts'
import { decodeGeneric, readGeneric } from './read-generic.ts'
import { anyValue, goldenValues } from './value-test-support.ts'
import { encodeGeneric, writeGeneric } from './write-generic.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('the golden values have the bytes they always had', () => {
  for (const { value, bytes } of goldenValues) {
    assert.equal(hex(encodeGeneric(value)), bytes)
    assert.deepStrictEqual(decodeGeneric(Buffer.from(bytes, 'hex')), value)
  }
})

test('any value comes back from its bytes', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      assert.deepStrictEqual(decodeGeneric(encodeGeneric(value)), value)
    }),
  )
})

test('values stand one behind the other and are read one behind the other', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 5 }), (values) => {
      const writer = new ByteWriter(1)
      for (const value of values) writeGeneric(value, writer)
      const reader = new ByteReader(writer.toBytes())
      assert.deepStrictEqual(
        values.map(() => readGeneric(reader)),
        values,
      )
      assert.equal(reader.position, writer.position)
    }),
  )
})

test('damaged bytes give a RangeError or another value, but no endless loop', () => {
  const bytes = encodeGeneric({ a: [1, 'two', { three: new Map([[4, 'five'.repeat(30)]]) }] })
  for (let at = 0; at < bytes.length; at++) {
    for (const damage of [0, 0x0d, 0x0f, 0x10, 0x7f, 0xff]) {
      const damaged = bytes.slice()
      damaged[at] = damage
      try {
        decodeGeneric(damaged)
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error))
      }
    }
  }
  assert.throws(() => decodeGeneric(bytes.subarray(0, bytes.length - 1)), RangeError)
})

test('an instance of a class comes back as its fields', () => {
  class Point {
    x = 1
    y = 2
    get length(): number {
      return 3
    }
  }
  assert.deepStrictEqual(decodeGeneric(encodeGeneric(new Point())), { x: 1, y: 2 })
})

test('a field named __proto__ is a field', () => {
  const value: unknown = JSON.parse('{"__proto__": {"a": 1}, "b": 2}')
  assert.deepStrictEqual(decodeGeneric(encodeGeneric(value)), value)
})

test('what has no encoding is refused with its path, and nothing is written', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = [cyclic]
  const deep = Array.from({ length: 300 }).reduce<unknown>((inner) => [inner], 0)
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [() => 1, /^A value is the function/],
    [Symbol('s'), /^A value is the symbol Symbol\(s\)/],
    [{ a: [1, { run: test }] }, /^A value's part 'a\[1\]\.run' is the function 'test'/],
    [new Map([['k', Symbol.iterator]]), /part 'value\(0\)' is the symbol/],
    [{ p: Promise.resolve() }, /part 'p' is an object of the class Promise/],
    [{ e: new Error('x') }, /part 'e' is an object of the class Error/],
    [[/x/], /part '\[0\]' is an object of the class RegExp/],
    [{ v: new DataView(new ArrayBuffer(1)) }, /part 'v' is an object of the class DataView/],
    [cyclic, /part 'self\[0\]' is an object that contains itself/],
    [deep, /nested more than 256 deep/],
  ]
  for (const [value, message] of refused) {
    const writer = new ByteWriter()
    assert.throws(
      () => writeGeneric(value, writer),
      (error) =>
        error instanceof MillraceError &&
        error.code === 'RECORD_TYPE_MISMATCH' &&
        message.test(error.message),
    )
    assert.equal(writer.position, 0)
  }
})
