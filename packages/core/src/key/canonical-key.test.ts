import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '../errors.ts'
import { decodeKey, encodeKey } from './canonical-key.ts'
import { hashKey, hashNumber, hashString } from './hash-key.ts'
import { keyIdentity, keyOfIdentity } from './key-identity.ts'
import { anyKey, goldenKeys, slowKey } from './key-test-support.ts'
import { murmur3 } from './murmur3.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('the golden keys have the bytes and the hashes they always had', () => {
  for (const { key, bytes, hash } of goldenKeys) {
    assert.equal(hex(encodeKey(key)), bytes)
    assert.equal(hashKey(key), hash, bytes)
  }
})

test('any key has the bytes that the description of the format gives it', () => {
  fc.assert(fc.property(anyKey, (key) => assert.equal(hex(encodeKey(key)), hex(slowKey(key)))))
})

test('the hash of any key is murmur3_32 of its bytes', () => {
  fc.assert(fc.property(anyKey, (key) => assert.equal(hashKey(key), murmur3(slowKey(key)))))
})

test('the fast hashes of numbers and strings are those of their bytes', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii' }))
  fc.assert(fc.property(text, (key) => assert.equal(hashString(key), murmur3(slowKey(key)))))
  fc.assert(fc.property(fc.double(), (key) => assert.equal(hashNumber(key), murmur3(slowKey(key)))))
  for (let length = 0; length < 40; length++) {
    const key = 'abcdefghij'.repeat(4).slice(0, length)
    assert.equal(hashString(key), murmur3(slowKey(key)), key)
    assert.equal(hashString(`${key}é`), murmur3(slowKey(`${key}é`)), key)
  }
})

test('a key comes back from its bytes, and has the same bytes again', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const bytes = encodeKey(key)
      const padded = Buffer.concat([Buffer.from('xyz'), bytes, Buffer.from('!')])
      const decoded = decodeKey(padded, 3, 3 + bytes.length)
      assert.equal(hex(encodeKey(decoded)), hex(bytes))
      assert.ok(sameKey(decoded, key))
    }),
  )
})

test('two keys have the same bytes and the same identity exactly if they are equal', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (one, other) => {
      const equal = sameKey(one, other)
      assert.equal(hex(encodeKey(one)) === hex(encodeKey(other)), equal)
      assert.equal(keyIdentity(one) === keyIdentity(other), equal)
      assert.equal(new Set([keyIdentity(one), keyIdentity(other)]).size === 1, equal)
    }),
  )
})

test('a key comes back from its identity', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const decoded = keyOfIdentity(keyIdentity(key))
      assert.ok(sameKey(decoded, decodeKey(encodeKey(key))))
      assert.equal(Object.is(decoded, -0), false)
    }),
  )
})

test('keys that look alike are kept apart', () => {
  const keys = [
    0,
    '0',
    0n,
    false,
    '',
    [],
    {},
    [0],
    ['0'],
    [[0]],
    [0, 0],
    { a: 0 },
    { a: [0] },
    { a: null },
    [null],
    Number.NaN,
    'NaN',
    '\0',
    '\0n',
    '\0s',
    '\0s\0n',
    '\ud800',
    '\ufffd',
    '\ud800\udc00',
    new Uint8Array(0),
    new Uint8Array([0]),
    new Date(0),
    ['a', 'b'],
    ['ab'],
    ['', 'ab'],
    { a: 'b' },
    1n << 64n,
    -(1n << 64n),
    128n,
    -128n,
    255n,
    -1n,
  ]
  assert.equal(new Set(keys.map((key) => hex(encodeKey(key)))).size, keys.length)
  assert.equal(new Set(keys.map(keyIdentity)).size, keys.length)
})

test('-0 is 0, every NaN is one, and the order of fields does not matter', () => {
  const otherNaN = new Float64Array(new BigUint64Array([0xfff8_0000_0000_1234n]).buffer)[0]
  const pairs = [
    [-0, 0],
    [[-0], [0]],
    [otherNaN, Number.NaN],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [Buffer.from('key'), new Uint8Array(Buffer.from('key'))],
    [
      new (class Point {
        x = 1
      })(),
      { x: 1 },
    ],
  ] as const
  for (const [one, other] of pairs) {
    assert.equal(hex(encodeKey(one)), hex(encodeKey(other)))
    assert.equal(hashKey(one), hashKey(other))
    assert.equal(keyIdentity(one), keyIdentity(other))
  }
  assert.equal(Object.is(keyIdentity(-0), 0), true)
})

test('what can be no key is refused, and the message says where and what to do', () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^A key is undefined\. Let the key selector return/],
    [null, /^A key is null\./],
    [() => 1, /^A key is the function/],
    [Symbol('s'), /^A key is the symbol Symbol\(s\)/],
    [{ user: { id: undefined } }, /^A key's part 'user\.id' is undefined/],
    [['a', [undefined]], /^A key's part '\[1\]\[0\]' is undefined/],
    [new Map(), /of the class Map/],
    [{ when: new Date(Number.NaN) }, /^A key's part 'when' is a Date that is no time/],
    [new Float64Array(1), /of the class Float64Array/],
    [cyclic, /nested too deep, or in itself/],
  ]
  for (const [key, message] of refused) {
    for (const encode of [encodeKey, hashKey, keyIdentity]) {
      assert.throws(
        () => encode(key),
        (error) =>
          error instanceof MillraceError &&
          error.code === 'KEY_INVALID' &&
          message.test(error.message),
      )
    }
  }
})

/** Equality of keys, told from the values alone. */
function sameKey(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') {
    return one === other || (Number.isNaN(one) && Number.isNaN(other))
  }
  if (typeof one !== 'object' || typeof other !== 'object') return one === other
  if (one === null || other === null) return one === other
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false
  if (one instanceof Date) return one.getTime() === (other as Date).getTime()
  const names = Object.keys(one).sort()
  const otherNames = Object.keys(other).sort()
  return (
    names.length === otherNames.length &&
    names.every((name, i) => name === otherNames[i]) &&
    names.every((name) => sameKey(Reflect.get(one, name), Reflect.get(other, name)))
  )
}
