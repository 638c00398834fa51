import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '@millrace/core'
import { HeapKeyedStateBackend } from '@millrace/state'
import { FakeClock } from '../../fake-clock-test-support.ts'
import { ExpiredStateCleaner } from './expired-state-cleaner.ts'

function cleanerOf(ttl: { ms: number } | undefined): {
  readonly clock: FakeClock
  readonly backend: HeapKeyedStateBackend
  readonly cleaner: ExpiredStateCleaner
  readonly mails: (() => void)[]
  readonly fill: (from: number, to: number) => void
} {
  const clock = new FakeClock()
  const backend = new HeapKeyedStateBackend(clock)
  const state = backend.getValueState<number>({ kind: 'value', name: 's', type: undefined, ttl })
  const mails: (() => void)[] = []
  const cleaner = new ExpiredStateCleaner(backend, clock, (mail) => mails.push(mail))
  const fill = (from: number, to: number): void => {
    for (let key = from; key < to; key++) {
      backend.setCurrentKey(key, hashKey(key))
      state.update(key)
    }
  }
  return { clock, backend, cleaner, mails, fill }
}

test('what expired is removed in slices, each a mail; many expired ones without a pause', () => {
  const { clock, backend, cleaner, mails, fill } = cleanerOf({ ms: 1000 })
  fill(0, 5000)
  cleaner.start()
  clock.advance(999)
  for (let mail = mails.shift(); mail !== undefined; mail = mails.shift()) mail()
  assert.equal(backend.expiredCount, 0)
  clock.advance(50)
  assert.equal(mails.length, 1)
  mails.shift()?.()
  assert.ok(backend.expiredCount > 0)
  assert.ok(backend.expiredCount < 5000)
  for (let turn = 0; turn < 5; turn++) mails.shift()?.()
  assert.equal(backend.expiredCount, 5000)
  assert.equal(mails.length, 0)
})

test('while nothing expires there is one slice in a pause', () => {
  const { clock, cleaner, mails, fill } = cleanerOf({ ms: 1_000_000 })
  fill(0, 10)
  cleaner.start()
  for (let round = 0; round < 5; round++) {
    clock.advance(50)
    assert.equal(mails.length, 1)
    mails.shift()?.()
    assert.equal(mails.length, 0)
  }
})

test('state without a time to live needs no cleaner, and a closed one does nothing', () => {
  const without = cleanerOf(undefined)
  without.cleaner.start()
  without.clock.advance(1000)
  assert.equal(without.mails.length, 0)

  const { clock, backend, cleaner, mails, fill } = cleanerOf({ ms: 10 })
  fill(0, 10)
  cleaner.start()
  clock.advance(50)
  cleaner.close()
  mails.shift()?.()
  clock.advance(1000)
  assert.equal(mails.length, 0)
  assert.equal(backend.expiredCount, 0)
})
