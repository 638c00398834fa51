import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'

test('keys are sorted at every depth and undefined ones are left out', () => {
  const value = { b: [{ d: 1, c: undefined, a: 'x' }], a: null }
  assert.equal(canonicalJson(value), '{"a":null,"b":[{"a":"x","d":1}]}')
})

test('the order of keys does not matter and the content is kept', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse())
      assert.equal(canonicalJson(reversed), canonicalJson(value))
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
    }),
  )
})
