import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import {
  MillraceError,
  SeededRandom,
  type Session,
  silentLogger,
  type TaskExecutorMessage,
  type TaskManagerMessage,
} from '@millrace/core'
import type { Liveness } from './liveness-probe.ts'
import { SessionServer } from './session-server.ts'
import {
  environmentOf,
  registration,
  SimulatedNetwork,
  VirtualClock,
} from './session-test-support.ts'
import { TaskManagerSessionClient } from './task-manager-session-client.ts'

const logRequest: TaskExecutorMessage = { kind: 'request-log', requestId: 1, lineCountMax: 1 }

class Fixture {
  readonly clock = new VirtualClock()
  readonly random = new SeededRandom(3)
  readonly network = new SimulatedNetwork(this.clock, this.random, 2)
  readonly taskManager: string[] = []
  readonly jobManager: string[] = []
  liveness: Liveness = 'accepted'
  refusal: MillraceError | undefined
  onTaskManagerMessage: (message: TaskExecutorMessage) => void = () => {}
  onJobManagerRegistered: (session: Session<TaskExecutorMessage>) => void = () => {}
  taskManagerSession: Session<TaskManagerMessage> | undefined
  jobManagerSession: Session<TaskExecutorMessage> | undefined
  readonly warnings: string[] = []
  readonly client = this.#client()

  #client(): TaskManagerSessionClient {
    const warn = (event: string): number => this.warnings.push(event)
    const logger = { ...silentLogger, warn }
    const environment = { ...environmentOf(this.clock, this.random), logger }
    return new TaskManagerSessionClient(
      environment,
      this.network,
      { registration },
      {
        onRegistered: (session) => {
          this.taskManagerSession = session
          this.taskManager.push('registered')
        },
        onMessage: (message) => {
          this.taskManager.push(message.kind)
          this.onTaskManagerMessage(message)
        },
        onSuspended: () => this.taskManager.push('suspended'),
        onResumed: () => this.taskManager.push('resumed'),
        onClosed: (reason) => this.taskManager.push(`closed: ${reason}`),
      },
    )
  }

  startServer(epoch = 0): SessionServer {
    const server = new SessionServer(
      environmentOf(this.clock, this.random),
      { probe: () => Promise.resolve(this.liveness) },
      { epoch },
      {
        onTaskManagerRegistered: (_, session) => {
          if (this.refusal !== undefined) return this.refusal
          this.jobManagerSession = session
          this.jobManager.push('registered')
          this.onJobManagerRegistered(session)
          return {
            onMessage: (message) => this.jobManager.push(message.kind),
            onSuspended: () => this.jobManager.push('suspended'),
            onResumed: () => this.jobManager.push('resumed'),
            onClosed: (reason) => this.jobManager.push(`closed: ${reason}`),
          }
        },
      },
    )
    this.network.server = server
    return server
  }
}

test('a TaskManager dials until there is a JobManager, ever slower, once a second at last', async () => {
  const fixture = new Fixture()
  fixture.client.start()
  await fixture.clock.advance(10_000)
  const { connectCount } = fixture.network
  assert.ok(connectCount >= 11 && connectCount <= 16, `${connectCount} dials in 10 s`)
  fixture.startServer()
  await fixture.clock.advance(1300)
  assert.deepEqual(fixture.taskManager, ['registered'])
})

test('a JobManager that is not reached for long is warned of, once a minute', async () => {
  const fixture = new Fixture()
  fixture.client.start()
  await fixture.clock.advance(4900)
  assert.deepEqual(fixture.warnings, [])
  await fixture.clock.advance(2600)
  assert.deepEqual(fixture.warnings, ['JobManager not reached'])
  await fixture.clock.advance(62_000)
  assert.equal(fixture.warnings.length, 2)
  fixture.startServer()
  await fixture.clock.advance(70_000)
  assert.deepEqual(fixture.taskManager, ['registered'])
  assert.equal(fixture.warnings.length, 2)
})

test('messages sent while the JobManager registers it arrive after the registration', async () => {
  const fixture = new Fixture()
  fixture.onJobManagerRegistered = (session) => session.send(logRequest)
  fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(100)
  assert.deepEqual(fixture.taskManager, ['registered', 'request-log'])
})

test('a refused TaskManager tries again', async () => {
  const fixture = new Fixture()
  fixture.refusal = new MillraceError('REGISTRATION_REFUSED', 'another version')
  fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(3000)
  assert.deepEqual(fixture.taskManager, [])
  fixture.refusal = undefined
  await fixture.clock.advance(1300)
  assert.deepEqual(fixture.taskManager, ['registered'])
})

test('a short break is not seen by the tasks: the session goes on', async () => {
  const fixture = new Fixture()
  fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(1000)
  fixture.network.cut(5)
  fixture.jobManagerSession?.send(logRequest)
  await fixture.clock.advance(1000)
  assert.deepEqual(fixture.taskManager, ['registered', 'suspended', 'resumed', 'request-log'])
  assert.deepEqual(fixture.jobManager, ['registered', 'suspended', 'resumed'])
})

test('a JobManager that was started anew fences the session: it closes and registers anew', async () => {
  const fixture = new Fixture()
  fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(1000)
  fixture.network.cut(0)
  fixture.startServer()
  await fixture.clock.advance(1000)
  const [first, second, third, fourth] = fixture.taskManager
  assert.deepEqual([first, second, fourth], ['registered', 'suspended', 'registered'])
  assert.match(third ?? '', /^closed: Session [0-9a-f]{16} is not known/)
})

test('a dead TaskManager is closed at once, a silent one at the heartbeat time-out', async () => {
  const fixture = new Fixture()
  const server = fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(1000)
  const sessionId = fixture.jobManagerSession!.sessionId
  assert.ok(server.lastHeartbeatAgoMs(sessionId)! <= 1000)
  fixture.network.server = undefined
  fixture.network.cut(0)
  await fixture.clock.advance(300)
  assert.deepEqual(fixture.jobManager, ['registered', 'suspended'])
  fixture.liveness = 'refused'
  await fixture.clock.advance(200)
  assert.match(fixture.jobManager.at(-1)!, /^closed: tm-1 is dead/)
  assert.equal(server.lastHeartbeatAgoMs(sessionId), undefined)
  await fixture.clock.advance(3000)
  assert.deepEqual(fixture.taskManager, ['registered', 'suspended'])
  await fixture.clock.advance(2000)
  assert.equal(fixture.taskManager.at(-1), 'closed: no heartbeat for 5000 ms')
})

test('nothing is delivered after the receiver itself closed the session', async () => {
  const fixture = new Fixture()
  fixture.onJobManagerRegistered = (session) => {
    for (let i = 0; i < 3; i++) session.send(logRequest)
  }
  fixture.onTaskManagerMessage = () => fixture.taskManagerSession?.close('enough')
  fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(20)
  assert.deepEqual(fixture.taskManager, ['registered', 'request-log', 'closed: enough'])
  assert.deepEqual(fixture.jobManager.slice(0, 2), ['registered', 'closed: enough'])
})

test('a server that closes tells every TaskManager and takes no more', async () => {
  const fixture = new Fixture()
  const server = fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(1000)
  server.close('the JobManager stops')
  await fixture.clock.advance(3000)
  assert.deepEqual(fixture.taskManager, ['registered', 'closed: the JobManager stops'])
  assert.deepEqual(fixture.jobManager, ['registered', 'closed: the JobManager stops'])
})

test('a client that closes dials no more', async () => {
  const fixture = new Fixture()
  fixture.startServer()
  fixture.client.start()
  await fixture.clock.advance(1000)
  fixture.client.close('the TaskManager stops')
  await fixture.clock.advance(5000)
  assert.equal(fixture.network.connectCount, 1)
  assert.deepEqual(fixture.jobManager, ['registered', 'closed: the TaskManager stops'])
})

test('a JobManager of an older epoch is refused, however often it answers', async () => {
  const fixture = new Fixture()
  const stale = fixture.startServer(1)
  fixture.startServer(2)
  fixture.client.start()
  await fixture.clock.advance(1000)
  fixture.network.server = stale
  fixture.taskManagerSession?.close('enough')
  await fixture.clock.advance(5000)
  assert.deepEqual(fixture.taskManager, ['registered', 'closed: enough'])
  const registered = fixture.jobManager.filter((each) => each === 'registered').length - 1
  const closed = fixture.jobManager.filter((each) => {
    return each === 'closed: epoch 1 of the JobManager is over: epoch 2 was seen'
  }).length
  assert.ok(registered >= 4, 'it was dialed again and again')
  assert.ok(closed >= registered - 1, 'the stale JobManager is told')
  fixture.startServer(3)
  await fixture.clock.advance(1300)
  assert.equal(fixture.taskManager.at(-1), 'registered')
})

test('what a stale JobManager does not know of does not end a session with its successor', async () => {
  const fixture = new Fixture()
  const stale = fixture.startServer(1)
  const successor = fixture.startServer(2)
  fixture.client.start()
  await fixture.clock.advance(1000)
  fixture.network.server = stale
  fixture.network.cut(5)
  await fixture.clock.advance(1000)
  assert.deepEqual(fixture.taskManager, ['registered', 'suspended'])
  fixture.network.server = successor
  await fixture.clock.advance(1300)
  assert.deepEqual(fixture.taskManager, ['registered', 'suspended', 'resumed'])
})

test('a JobManager without an epoch is taken whatever was seen', async () => {
  const fixture = new Fixture()
  fixture.startServer(7)
  fixture.client.start()
  await fixture.clock.advance(1000)
  fixture.startServer()
  fixture.network.cut(0)
  await fixture.clock.advance(1000)
  assert.equal(fixture.taskManager.at(-1), 'registered')
  assert.equal(fixture.taskManager.filter((each) => each === 'registered').length, 2)
})
