import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { startLivenessListener } from './liveness-listener.ts'
import { TcpLivenessProbe } from './tcp-liveness-probe.ts'

test('who listens is accepted, who does not any more is refused', async () => {
  const probe = new TcpLivenessProbe()
  const listener = await startLivenessListener('127.0.0.1')
  const address = `127.0.0.1:${listener.port}`
  assert.equal(await probe.probe(address), 'accepted')
  await listener.close()
  assert.equal(await probe.probe(address), 'refused')
})

test('an address that leads nowhere is unknown', async () => {
  const probe = new TcpLivenessProbe(50)
  for (const address of ['', 'nonsense', 'host:0', 'host:x', 'no-such-host.invalid:80']) {
    assert.equal(await probe.probe(address), 'unknown', address)
  }
})

test('a port in use is named', async () => {
  const listener = await startLivenessListener('127.0.0.1')
  await assert.rejects(startLivenessListener('127.0.0.1', listener.port), {
    code: 'ADDRESS_IN_USE',
    message: new RegExp(`127\\.0\\.0\\.1:${listener.port} `),
  })
  await listener.close()
})
