import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeThrown, errorInfo, MillraceError } from './errors.ts'

test('whatever was thrown can be told', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const noMessage = Object.defineProperty(new Error('hidden'), 'message', {
    get: () => {
      throw new Error('no message for you')
    },
  })
  const thrown: readonly (readonly [unknown, string])[] = [
    [new TypeError('wrong'), 'TypeError: wrong'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), 'a value of type object that has no text'],
    [proxy, 'a value of type object that has no text'],
    [noMessage, 'a value of type object that has no text'],
  ]
  for (const [value, text] of thrown) {
    assert.equal(describeThrown(value), text)
    assert.equal(errorInfo(value).message, text)
  }
})

test('a message and a stack are told up to a bound, however long they are', () => {
  const long = 'x'.repeat(10_000_000)
  for (const error of [
    new Error(long),
    long,
    new MillraceError('INTERNAL_ERROR', long),
    new MillraceError('INTERNAL_ERROR', 'short', { cause: new Error(long) }),
  ]) {
    const info = errorInfo(error)
    assert.ok(info.message.length + info.stack.length < 50_000, `${info.message.length}`)
  }
  assert.match(errorInfo(long).message, /^x+ … \(10000000 characters\)$/)
})
