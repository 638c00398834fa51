import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { SessionId } from '@millrace/core'
import type { SessionTraffic } from '../session-frame.ts'
import { SessionEnd, type SessionEndCommand } from './session-end.ts'

const sessionId = SessionId.parse('0123456789abcdef')
const options = {
  heartbeatIntervalMs: 1000,
  heartbeatTimeoutMs: 5000,
  resendMessageCountMax: 4,
  resendBytesMax: 100,
}

type End = SessionEnd<string, string>

function open(sizeOf: (message: unknown) => number = () => 1): End {
  const end: End = new SessionEnd(sessionId, options, sizeOf, 0)
  assert.deepEqual(end.attach(0, 0), [])
  return end
}

function heartbeat(receivedCount: number): SessionTraffic<string> {
  return { kind: 'heartbeat', sessionId, receivedCount }
}

function message(sequence: number, receivedCount = 0): SessionTraffic<string> {
  return { kind: 'message', sessionId, sequence, receivedCount, message: `m${sequence}` }
}

function kinds(commands: readonly SessionEndCommand<string, string>[]): readonly string[] {
  return commands.map((command) =>
    command.kind === 'send-frame' ? `send ${command.frame.kind}` : command.kind,
  )
}

function sequences(commands: readonly SessionEndCommand<string, string>[]): readonly number[] {
  return commands.flatMap((command) =>
    command.kind === 'send-frame' && command.frame.kind === 'message'
      ? [command.frame.sequence]
      : [],
  )
}

describe('delivery', () => {
  test('messages are numbered from 1 and carry what was received', () => {
    const end = open()
    end.receive(message(1), 10)
    const [command] = end.send('hello', 20)
    assert.deepEqual(command, {
      kind: 'send-frame',
      frame: { kind: 'message', sessionId, sequence: 1, receivedCount: 1, message: 'hello' },
    })
  })

  test('a message that comes again is dropped', () => {
    const end = open()
    assert.deepEqual(kinds(end.receive(message(1), 1)), ['deliver'])
    assert.deepEqual(end.receive(message(1), 2), [])
  })

  test('a missing message closes the session', () => {
    const end = open()
    assert.deepEqual(kinds(end.receive(message(2), 1)), ['send close', 'closed'])
  })

  test('an acknowledgement of what was never sent closes the session', () => {
    const end = open()
    assert.deepEqual(kinds(end.receive(heartbeat(1), 1)), ['send close', 'closed'])
  })

  test('after many messages the end acknowledges at once', () => {
    const end = open()
    const answers = Array.from({ length: 64 }, (_, i) => kinds(end.receive(message(i + 1), 1)))
    assert.deepEqual(answers.at(-2), ['deliver'])
    assert.deepEqual(answers.at(-1), ['deliver', 'send heartbeat'])
  })

  test('after many bytes the end acknowledges at once', () => {
    const end = open(() => 1024 * 1024)
    assert.deepEqual(kinds(end.receive(message(1), 1)), ['deliver', 'send heartbeat'])
  })
})

describe('the resend buffer', () => {
  test('a message more than it takes closes the session', () => {
    const end = open()
    for (let i = 0; i < 4; i++) assert.deepEqual(kinds(end.send('m', 1)), ['send message'])
    assert.deepEqual(kinds(end.send('m', 1)), ['send close', 'closed'])
  })

  test('a byte more than it takes closes the session, suspended or not', () => {
    const end = open(() => 60)
    end.detach()
    assert.deepEqual(end.send('m', 1), [])
    const [closed] = end.send('m', 1)
    assert.equal(closed?.kind, 'closed')
    assert.match(closed.reason, /resend buffer is full: 1 messages, 60 bytes/)
  })

  test('acknowledged messages make room', () => {
    const end = open()
    for (let i = 1; i <= 20; i++) {
      assert.deepEqual(sequences(end.send('m', i)), [i])
      end.receive(heartbeat(i), i)
    }
  })
})

describe('suspending and resuming', () => {
  test('what the peer does not have is sent again, in order, with what was sent meanwhile', () => {
    const end = open()
    for (let i = 0; i < 3; i++) end.send('m', 1)
    assert.deepEqual(kinds(end.detach()), ['suspended'])
    assert.deepEqual(end.send('m', 2), [])
    const again = end.attach(1, 3)
    assert.equal(again[0]?.kind, 'resumed')
    assert.deepEqual(sequences(again), [2, 3, 4])
  })

  test('a peer that has less than it acknowledged cannot resume', () => {
    const end = open()
    end.send('m', 1)
    end.receive(heartbeat(1), 1)
    end.detach()
    assert.deepEqual(kinds(end.attach(0, 2)), ['closed'])
  })

  test('nothing is delivered after the end closed', () => {
    const end = open()
    assert.deepEqual(kinds(end.close('enough')), ['send close', 'closed'])
    assert.deepEqual(end.receive(message(1), 1), [])
    assert.deepEqual(end.send('m', 1), [])
    assert.deepEqual(end.close('again'), [])
    assert.equal(end.deadlineMs(), undefined)
  })
})

describe('heartbeats', () => {
  test('one is sent when nothing else was for an interval', () => {
    const end = open()
    assert.equal(end.deadlineMs(), 1000)
    assert.deepEqual(end.tick(999), [])
    assert.deepEqual(kinds(end.tick(1000)), ['send heartbeat'])
    end.send('m', 1500)
    assert.equal(end.deadlineMs(), 2500)
  })

  test('the peer being silent for the time-out closes the session', () => {
    const end = open()
    end.receive(heartbeat(0), 700)
    assert.deepEqual(kinds(end.tick(5699)), ['send heartbeat'])
    const commands = end.tick(5700)
    assert.deepEqual(kinds(commands), ['send close', 'closed'])
  })

  test('being suspended does not stop the time-out', () => {
    const end = open()
    end.detach()
    assert.equal(end.deadlineMs(), 5000)
    assert.deepEqual(kinds(end.tick(5000)), ['closed'])
  })

  test('after a stop of its own process the peer gets one more interval', () => {
    const end = open()
    assert.deepEqual(kinds(end.tick(9000)), ['send heartbeat'])
    assert.deepEqual(kinds(end.tick(10_000)), ['send close', 'closed'])
  })
})
