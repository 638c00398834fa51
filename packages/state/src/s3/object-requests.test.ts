import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@millrace/core'
import { ObjectRequests, type RequestLimits } from './object-requests.ts'
import { ObjectStoreError } from './object-store.ts'
import { busy, cutOff, HurriedClock } from './object-store-test-support.ts'

const limits = { connectionsMax: 2, retriesMax: 5, requestTimeoutMs: 60_000 }

function setting(more: Partial<RequestLimits> = {}) {
  const clock = new HurriedClock()
  return { clock, requests: new ObjectRequests(clock, new SeededRandom(1), { ...limits, ...more }) }
}

/** Fails with these in turn, then succeeds. */
function failing(errors: readonly ObjectStoreError[]): () => Promise<string> {
  const left = [...errors]
  return async () => {
    const error = left.shift()
    if (error !== undefined) throw error
    return 'done'
  }
}

test('what may pass is tried again after pauses that grow', async () => {
  const { clock, requests } = setting()
  const errors = [busy(), cutOff(), busy(), cutOff(), busy()]
  const result = await clock.run(requests.send(failing(errors)))
  assert.deepEqual(result, { kind: 'done', value: 'done' })
  const [, ...pausesMs] = clock.waitsMs
  for (const [at, pauseMs] of pausesMs.entries()) {
    const whole = 100 * 2 ** at
    assert.ok(pauseMs >= whole / 2 && pauseMs <= whole, `${pausesMs}`)
  }
  assert.equal(pausesMs.length, errors.length)
})

test('the last failure is told, with how often it was tried and for how long', async () => {
  const { clock, requests } = setting({ retriesMax: 2 })
  const result = await clock.run(requests.send(failing(Array.from({ length: 9 }, busy))))
  assert.equal(result.kind, 'failed')
  assert.ok(result.kind === 'failed')
  assert.equal(result.attemptCount, 3)
  assert.equal(result.error.reason, 'SlowDown')
  assert.ok(result.elapsedMs >= 150 && result.elapsedMs <= 300)
})

test('nothing is tried again for longer than the limit', async () => {
  const { clock, requests } = setting({ retriesMax: 1000, requestTimeoutMs: 3_000 })
  const result = await clock.run(requests.send(failing(Array.from({ length: 999 }, busy))))
  assert.equal(result.kind, 'failed')
  assert.ok(clock.nowMs <= 3_000, `${clock.nowMs}`)
})

test('an attempt that takes too long is told to give up', async () => {
  const { clock, requests } = setting({ requestTimeoutMs: 3_000 })
  const result = await clock.run(
    requests.send(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () =>
            reject(new ObjectStoreError('TimeoutError', '', undefined)),
          )
        }),
    ),
  )
  assert.ok(result.kind === 'failed')
  assert.equal(clock.nowMs, 3_000)
  assert.equal(result.attemptCount, 1)
  assert.equal(result.mayBeDone, true)
})

test('what will not pass is not tried again', async () => {
  const { clock, requests } = setting()
  const final = [
    new ObjectStoreError('AccessDenied', '', 403),
    new ObjectStoreError('NoSuchKey', '', 404),
    new ObjectStoreError('NotImplemented', '', 501),
    new ObjectStoreError('CERT_HAS_EXPIRED', '', undefined),
    new ObjectStoreError('CredentialsProviderError', '', undefined),
  ]
  for (const error of final) {
    const result = await clock.run(requests.send(failing([error])))
    assert.ok(result.kind === 'failed' && result.attemptCount === 1, error.reason)
  }
})

test('a wrong clock is tried once more: the client has learned the right time', async () => {
  const { clock, requests } = setting()
  const skewed = (): ObjectStoreError => new ObjectStoreError('RequestTimeTooSkewed', '', 403)
  assert.equal((await clock.run(requests.send(failing([skewed()])))).kind, 'done')
  const result = await clock.run(requests.send(failing([skewed(), skewed()])))
  assert.ok(result.kind === 'failed' && result.attemptCount === 2)
})

test('whether the server may have done it is known of all attempts together', async () => {
  const { clock, requests } = setting()
  const taken = (): ObjectStoreError => new ObjectStoreError('PreconditionFailed', '', 412)
  const outcome = async (...errors: ObjectStoreError[]): Promise<boolean | undefined> => {
    const result = await clock.run(requests.send(failing(errors)))
    return result.kind === 'failed' ? result.mayBeDone : undefined
  }
  assert.equal(await outcome(taken()), false)
  assert.equal(await outcome(cutOff(), taken()), true)
  assert.equal(await outcome(new ObjectStoreError('InternalError', '', 500), taken()), true)
  assert.equal(await outcome(new ObjectStoreError('OperationAborted', '', 409), taken()), false)
})

test('only so many are under way at a time, and a failure makes room too', async () => {
  const { clock, requests } = setting({ retriesMax: 0 })
  let running = 0
  let most = 0
  const results = await clock.run(
    Promise.all(
      Array.from({ length: 7 }, (_, at) =>
        requests.send(async () => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setImmediate(resolve))
          running--
          if (at % 2 === 0) throw busy()
        }),
      ),
    ),
  )
  assert.equal(most, 2)
  assert.equal(results.filter(({ kind }) => kind === 'done').length, 3)
})

test('an error that is no failure of a request is not swallowed', async () => {
  const { clock, requests } = setting()
  const failed = requests.send(async () => {
    throw new TypeError('a mistake')
  })
  await assert.rejects(clock.run(failed), TypeError)
})
