import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEveryInterface, localAddressTowards } from './local-address.ts'

test('the loopback interface is reached from itself', async () => {
  assert.equal(await localAddressTowards('127.0.0.1'), '127.0.0.1')
})

test('a name that is not known rejects', async () => {
  await assert.rejects(localAddressTowards('no-such-host.invalid'))
})

test('only wildcards mean every interface', () => {
  assert.deepEqual(['0.0.0.0', '::', '10.0.0.1'].map(isEveryInterface), [true, true, false])
})
