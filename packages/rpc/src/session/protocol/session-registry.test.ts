import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, TaskManagerId, type TaskManagerRegistration } from '@millrace/core'
import { sessionOptionsDefault } from '../session-options.ts'
import { registration } from '../session-test-support.ts'
import { SessionRegistry, type SessionRegistryCommand } from './session-registry.ts'

type Registered = Extract<SessionRegistryCommand, { kind: 'registration' }>

function register(
  registry: SessionRegistry,
  wire: number,
  registration: TaskManagerRegistration,
): Registered['sessionId'] {
  registry.onWireAccepted(wire, 0)
  const origin = { incarnation: registration.taskManagerId, connectionNumber: 1 }
  const commands = registry.onFrame(wire, { kind: 'register', registration, origin }, 0)
  const { sessionId } = commands.find(({ kind }) => kind === 'registration') as Registered
  registry.accept(sessionId, 0)
  return sessionId
}

function probeOf(commands: readonly SessionRegistryCommand[]): number {
  const command = commands.find(({ kind }) => kind === 'probe')
  assert.ok(command?.kind === 'probe')
  return command.probe
}

test('a process that was replaced at its address is dead, though the address answers', () => {
  const registry = new SessionRegistry(new SeededRandom(1), sessionOptionsDefault)
  const sessionId = register(registry, 1, registration)
  const probe = probeOf(registry.onWireClosed(1, 10))
  register(registry, 2, { ...registration, taskManagerId: TaskManagerId.parse('tm-2') })
  const commands = registry.onProbed(sessionId, probe, 'accepted', 20)
  assert.deepEqual(
    commands.map(({ kind }) => kind),
    ['closed'],
  )
})

test('a process that answers at an address of its own is waited for', () => {
  const registry = new SessionRegistry(new SeededRandom(1), sessionOptionsDefault)
  const other = { taskManagerId: TaskManagerId.parse('tm-0'), livenessAddress: '127.0.0.1:7000' }
  register(registry, 1, { ...registration, ...other })
  const sessionId = register(registry, 2, registration)
  const probe = probeOf(registry.onWireClosed(2, 10))
  assert.deepEqual(registry.onProbed(sessionId, probe, 'accepted', 20), [])
})
