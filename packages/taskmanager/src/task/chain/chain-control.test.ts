import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChainControl } from './chain-control.ts'

test('suspended work goes on innermost first, and later records after all of it', () => {
  const log: string[] = []
  const control = new ChainControl(1 << 20, () => log.push('interrupted'))
  const note = (subject: unknown) => {
    log.push(String(subject))
  }
  control.begin()
  control.suspend(note, 'inner', undefined, 0)
  control.suspend(note, 'outer', undefined, 0)
  control.defer(note, 'next record', undefined, 0)
  assert.equal(control.suspended, true)
  control.begin()
  assert.equal(control.resume(), true)
  assert.deepEqual(log, ['interrupted', 'inner', 'outer', 'next record'])
})

test('work that suspends again goes before what was behind it', () => {
  const log: string[] = []
  const control = new ChainControl(1 << 20, () => {})
  const note = (subject: unknown) => {
    log.push(String(subject))
  }
  const again = (subject: unknown) => {
    log.push(String(subject))
    control.suspend(note, 'deeper', undefined, 0)
    control.suspend(note, `${subject} again`, undefined, 0)
  }
  control.suspend(again, 'first', undefined, 0)
  control.suspend(note, 'second', undefined, 0)
  control.begin()
  assert.equal(control.resume(), false)
  assert.deepEqual(log, ['first'])
  control.begin()
  assert.equal(control.resume(), true)
  assert.deepEqual(log, ['first', 'deeper', 'first again', 'second'])
})

test('the key of suspended work comes back with it', () => {
  const control = new ChainControl(1 << 20, () => {})
  const seen: unknown[] = []
  control.suspend((...args) => seen.push(args), 'items', 'key', 7)
  control.begin()
  control.resume()
  assert.deepEqual(seen, [['items', 'key', 7]])
})

test('records that wait are bounded', () => {
  const control = new ChainControl(256 * 10, () => {})
  const fill = () => {
    for (;;) control.defer(() => {}, 1, undefined, 0)
  }
  assert.throws(fill, { code: 'OVERDRAFT_EXCEEDED', message: /more than 11 records/ })
})

test('closing lets iterators clean up, each one, whatever they throw', () => {
  const errors: unknown[] = []
  const control = new ChainControl(1 << 20, () => {})
  let returned = 0
  const iterator = (fails: boolean) => ({
    next: () => ({ done: true, value: undefined }),
    return: () => {
      returned++
      if (fails) throw new Error('no')
      return { done: true, value: undefined }
    },
  })
  control.suspend(() => {}, iterator(true), undefined, 0)
  control.suspend(() => {}, iterator(false), undefined, 0)
  control.defer(() => {}, iterator(false), undefined, 0)
  control.close((error) => errors.push(error))
  assert.equal(returned, 2)
  assert.equal(errors.length, 1)
  assert.equal(control.hasSuspended, false)
})
