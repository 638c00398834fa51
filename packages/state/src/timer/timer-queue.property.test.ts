import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey, keyGroupOf, keyIdentity } from '@millrace/core'
import fc from 'fast-check'
import { type InternalTimer, TimerQueue } from './timer-queue.ts'

const everyGroup = { start: 0, end: 32_768 }

function identityOf({ key, namespace, timestamp }: InternalTimer): string {
  const own = keyIdentity(key)
  return `${typeof own} ${own} ${namespace} ${timestamp}`
}

/** Timers in the order they were registered in. */
class TimerModel {
  #timers: InternalTimer[] = []

  get size(): number {
    return this.#timers.length
  }

  get earliest(): number {
    return Math.min(...this.#timers.map(({ timestamp }) => timestamp))
  }

  has(timer: InternalTimer): boolean {
    return this.#timers.some((other) => identityOf(other) === identityOf(timer))
  }

  register(timer: InternalTimer): boolean {
    if (this.has(timer)) return false
    this.#timers.push(timer)
    return true
  }

  delete(timer: InternalTimer): boolean {
    const size = this.size
    this.#timers = this.#timers.filter((other) => identityOf(other) !== identityOf(timer))
    return this.size < size
  }

  poll(): InternalTimer | undefined {
    const next = this.#timers.find(({ timestamp }) => timestamp === this.earliest)
    if (next !== undefined) this.delete(next)
    return next
  }

  identities(keyGroups: { readonly start: number; readonly end: number }): readonly string[] {
    const isIn = ({ keyHash }: InternalTimer): boolean => {
      const keyGroup = keyGroupOf(keyHash)
      return keyGroup >= keyGroups.start && keyGroup < keyGroups.end
    }
    return this.#timers.filter(isIn).map(identityOf).sort()
  }
}

const key = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom('0', '', '\0n', true, 1n, Number.NaN, { a: 1 }, [1]),
)
const timerOf = fc
  .record({
    key,
    namespace: fc.constantFrom('', '', 'w'),
    timestamp: fc.oneof(
      fc.integer({ min: -3, max: 12 }),
      fc.constantFrom(2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    ),
  })
  .map((timer): InternalTimer => ({ ...timer, keyHash: hashKey(timer.key) }))
const operation = fc.oneof(
  { arbitrary: timerOf.map((timer) => ({ kind: 'register', timer }) as const), weight: 4 },
  { arbitrary: timerOf.map((timer) => ({ kind: 'delete', timer }) as const), weight: 2 },
  { arbitrary: fc.constant({ kind: 'poll' } as const), weight: 2 },
)

test('a queue does what a list of timers would', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), (operations) => {
      const queue = new TimerQueue()
      const model = new TimerModel()
      for (const step of operations) {
        if (step.kind === 'poll') {
          const [got, wanted] = [queue.poll(), model.poll()]
          assert.deepEqual(got && identityOf(got), wanted && identityOf(wanted))
        } else {
          assert.equal(queue[step.kind](step.timer), model[step.kind](step.timer))
        }
        assert.equal(queue.size, model.size)
        assert.equal(queue.earliest, model.earliest)
      }
      for (const range of [everyGroup, { start: 3000, end: 20_000 }]) {
        const identities = [...queue.timersOf(range)].map(identityOf).sort()
        assert.deepEqual(identities, model.identities(range))
      }
      for (let wanted = model.poll(); wanted !== undefined; wanted = model.poll()) {
        assert.deepEqual(queue.poll(), wanted)
      }
      assert.equal(queue.poll(), undefined)
    }),
  )
})
