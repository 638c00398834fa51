import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { errorInfo, MillraceError, SeededRandom, SessionId } from '@millrace/core'
import type { ConnectionOrigin } from '../session-frame.ts'
import { sessionOptionsDefault } from '../session-options.ts'
import { registration } from '../session-test-support.ts'
import { SessionRegistry, type SessionRegistryCommand } from './session-registry.ts'

const { taskManagerId } = registration

function origin(connectionNumber: number, incarnation = 'first run'): ConnectionOrigin {
  return { incarnation, connectionNumber }
}

/** 'what wire-or-reason' of each command. */
function told(commands: readonly SessionRegistryCommand[]): readonly string[] {
  return commands.map((command) => {
    switch (command.kind) {
      case 'send-frame': {
        const { frame } = command
        const what = frame.kind === 'refused' ? `refused ${frame.error.code}` : frame.kind
        return `${command.wire}: ${what}`
      }
      case 'close-wire':
        return `${command.wire}: end`
      case 'closed':
        return `closed: ${command.reason}`
      default:
        return command.kind
    }
  })
}

function start(): SessionRegistry {
  return new SessionRegistry(new SeededRandom(1), { ...sessionOptionsDefault, epoch: 0 })
}

function register(registry: SessionRegistry, wire: number, from: ConnectionOrigin) {
  registry.onWireAccepted(wire, 0)
  const commands = registry.onFrame(wire, { kind: 'register', registration, origin: from }, 0)
  const command = commands.find((other) => other.kind === 'registration')
  return { commands, sessionId: command?.sessionId }
}

function open(registry: SessionRegistry, wire: number): SessionId {
  const { sessionId } = register(registry, wire, origin(wire))
  assert.ok(sessionId !== undefined)
  assert.deepEqual(told(registry.accept(sessionId, 0)), [`${wire}: registered`])
  return sessionId
}

function resume(
  registry: SessionRegistry,
  wire: number,
  sessionId: SessionId,
  from = origin(wire),
) {
  registry.onWireAccepted(wire, 0)
  const frame = {
    kind: 'resume',
    sessionId,
    taskManagerId,
    receivedCount: 0,
    origin: from,
  } as const
  return registry.onFrame(wire, frame, 0)
}

describe('registration', () => {
  test('a refused TaskManager is told why, and nothing is left of it', () => {
    const registry = start()
    const { sessionId } = register(registry, 1, origin(1))
    const error = errorInfo(new MillraceError('REGISTRATION_REFUSED', 'no'))
    const commands = registry.refuse(sessionId!, error)
    assert.deepEqual(told(commands), ['1: refused REGISTRATION_REFUSED', '1: end'])
    assert.equal(registry.deadlineMs(), undefined)
  })

  test('registering anew closes the session there was', () => {
    const registry = start()
    open(registry, 1)
    const { commands } = register(registry, 2, origin(1, 'second run'))
    assert.deepEqual(told(commands), [
      '1: close',
      '1: end',
      'closed: tm-1 registered anew',
      'registration',
    ])
  })

  test('a registration on a connection that was given up changes nothing', () => {
    const registry = start()
    const sessionId = open(registry, 5)
    assert.deepEqual(told(register(registry, 6, origin(4)).commands), ['6: end'])
    assert.notEqual(registry.lastHeardMs(sessionId), undefined)
  })

  test('closing a session before it is accepted refuses it', () => {
    const registry = start()
    const { sessionId } = register(registry, 1, origin(1))
    const commands = registry.close(sessionId!, 'not today')
    assert.deepEqual(told(commands), [
      '1: refused REGISTRATION_REFUSED',
      '1: end',
      'closed: not today',
    ])
    assert.deepEqual(registry.accept(sessionId!, 0), [])
  })

  test('a connection that says nothing is closed after the heartbeat time-out', () => {
    const registry = start()
    registry.onWireAccepted(1, 0)
    assert.equal(registry.deadlineMs(), 5000)
    assert.deepEqual(told(registry.onTick(5000)), ['1: end'])
  })
})

describe('fencing', () => {
  test('a session that is not known cannot resume', () => {
    const registry = start()
    const commands = resume(registry, 1, SessionId.parse('00000000deadbeef'))
    assert.deepEqual(told(commands), ['1: refused SESSION_FENCED', '1: end'])
  })

  test('another run of the TaskManager cannot resume', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    const commands = resume(registry, 2, sessionId, origin(2, 'second run'))
    assert.deepEqual(told(commands), ['2: refused SESSION_FENCED', '2: end'])
  })

  test('a frame of another session is refused, and its connection ends', () => {
    const registry = start()
    open(registry, 1)
    const sessionId = SessionId.parse('00000000deadbeef')
    const frame = { kind: 'heartbeat', sessionId, receivedCount: 0 } as const
    const commands = registry.onFrame(1, frame, 10)
    assert.deepEqual(told(commands), ['suspended', 'probe', '1: refused SESSION_FENCED', '1: end'])
  })

  test('a frame on a connection without a session is refused', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    registry.onWireAccepted(2, 0)
    const frame = { kind: 'heartbeat', sessionId, receivedCount: 0 } as const
    assert.deepEqual(told(registry.onFrame(2, frame, 10)), ['2: refused SESSION_FENCED', '2: end'])
  })

  test('a second registration on one connection is refused', () => {
    const registry = start()
    open(registry, 1)
    const frame = { kind: 'register', registration, origin: origin(2) } as const
    const commands = registry.onFrame(1, frame, 10)
    assert.deepEqual(told(commands).at(-2), '1: refused RPC_MESSAGE_INVALID')
  })
})

describe('a broken connection', () => {
  test('the session resumes on another one and the old one is void', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    assert.deepEqual(told(registry.onWireClosed(1, 10)), ['suspended', 'probe'])
    registry.send(sessionId, { kind: 'request-log', requestId: 1, lineCountMax: 1 }, 11)
    assert.deepEqual(told(resume(registry, 2, sessionId)), ['2: resumed', 'resumed', '2: message'])
    assert.deepEqual(registry.onWireClosed(1, 30), [])
  })

  test('a session that resumes before its old connection is known to be broken takes it over', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    const commands = resume(registry, 2, sessionId)
    assert.deepEqual(told(commands), ['suspended', '1: end', '2: resumed', 'resumed'])
  })

  test('a resumption that was overtaken by a newer one changes nothing', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    resume(registry, 3, sessionId)
    assert.deepEqual(told(resume(registry, 4, sessionId, origin(2))), ['4: end'])
  })

  test('a probe that is refused closes the session', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    registry.onWireClosed(1, 10)
    assert.deepEqual(told(registry.onProbed(sessionId, 1, 'refused', 11)), [
      'closed: tm-1 is dead: nobody listens on 127.0.0.1:7001 any more',
    ])
  })

  test('a probe that is accepted is repeated, for a dying process may accept', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    registry.onWireClosed(1, 10)
    assert.deepEqual(registry.onProbed(sessionId, 1, 'accepted', 20), [])
    assert.equal(registry.deadlineMs(), 120)
    assert.deepEqual(told(registry.onTick(120)), ['probe'])
    assert.equal(told(registry.onProbed(sessionId, 2, 'refused', 130)).length, 1)
  })

  test('a refused probe of an earlier break does not close a session that resumed', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    registry.onWireClosed(1, 10)
    resume(registry, 2, sessionId)
    assert.deepEqual(registry.onProbed(sessionId, 1, 'refused', 20), [])
    registry.onWireClosed(2, 30)
    assert.deepEqual(registry.onProbed(sessionId, 1, 'refused', 40), [])
  })

  test('without a resumption the session closes at the heartbeat time-out', () => {
    const registry = start()
    const sessionId = open(registry, 1)
    registry.onWireClosed(1, 10)
    registry.onProbed(sessionId, 1, 'unknown', 20)
    assert.deepEqual(told(registry.onTick(5000)), ['closed: no heartbeat for 5000 ms'])
    assert.equal(registry.deadlineMs(), undefined)
  })
})
