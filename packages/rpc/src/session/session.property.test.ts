import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import {
  randomBelow,
  SeededRandom,
  type Session,
  type SessionHandler,
  type SessionId,
  type TaskExecutorMessage,
  type TaskManagerMessage,
} from '@millrace/core'
import fc from 'fast-check'
import { SessionServer } from './session-server.ts'
import {
  environmentOf,
  registration,
  SimulatedNetwork,
  VirtualClock,
} from './session-test-support.ts'
import { TaskManagerSessionClient } from './task-manager-session-client.ts'

// One end of one session as its user saw it.
class EndRecord {
  readonly sessionId: SessionId
  readonly sent: number[] = []
  readonly delivered: number[] = []
  isSuspended = false
  isClosed = false

  constructor(sessionId: SessionId) {
    this.sessionId = sessionId
  }

  onMessage(requestId: number): void {
    assert.equal(this.isClosed, false, 'a message came after the session closed')
    this.delivered.push(requestId)
  }

  onSuspended(): void {
    assert.equal(this.isClosed, false)
    assert.equal(this.isSuspended, false)
    this.isSuspended = true
  }

  onResumed(): void {
    assert.equal(this.isClosed, false)
    assert.equal(this.isSuspended, true)
    this.isSuspended = false
  }

  onClosed(): void {
    assert.equal(this.isClosed, false, 'onClosed was called twice')
    this.isClosed = true
  }
}

class World {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly network: SimulatedNetwork
  readonly taskManagerEnds = new Map<SessionId, EndRecord>()
  readonly jobManagerEnds = new Map<SessionId, EndRecord>()
  readonly client: TaskManagerSessionClient
  #taskManagerSession: Session<TaskManagerMessage> | undefined
  #jobManagerSession: Session<TaskExecutorMessage> | undefined
  #messageCount = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    this.network = new SimulatedNetwork(this.clock, this.random, 20)
    this.startJobManager()
    const environment = environmentOf(this.clock, this.random)
    this.client = new TaskManagerSessionClient(
      environment,
      this.network,
      { registration },
      {
        onRegistered: (session) => {
          for (const end of this.taskManagerEnds.values()) assert.equal(end.isClosed, true)
          assert.equal(this.taskManagerEnds.has(session.sessionId), false)
          this.taskManagerEnds.set(session.sessionId, new EndRecord(session.sessionId))
          this.#taskManagerSession = session
          this.sendFromTaskManager()
        },
        onMessage: (message) => {
          assert.equal(message.kind, 'request-log')
          this.#currentTaskManagerEnd().onMessage(message.requestId)
        },
        onSuspended: () => this.#currentTaskManagerEnd().onSuspended(),
        onResumed: () => this.#currentTaskManagerEnd().onResumed(),
        onClosed: () => {
          this.#currentTaskManagerEnd().onClosed()
          this.#taskManagerSession = undefined
        },
      },
    )
  }

  startJobManager(): void {
    const probe = { probe: () => Promise.resolve('accepted' as const) }
    this.network.server = new SessionServer(
      environmentOf(this.clock, this.random),
      probe,
      {},
      {
        onTaskManagerRegistered: (_, session) => {
          for (const end of this.jobManagerEnds.values()) assert.equal(end.isClosed, true)
          const end = new EndRecord(session.sessionId)
          this.jobManagerEnds.set(session.sessionId, end)
          this.#jobManagerSession = session
          this.sendFromJobManager()
          return this.#handlerOf(end)
        },
      },
    )
  }

  /** Its memory is gone; nothing is told to anyone. */
  killJobManager(): void {
    this.network.server = undefined
    this.network.cut(20)
    this.#jobManagerSession = undefined
    this.#isDeaf = new Set(this.jobManagerEnds.keys())
    for (const end of this.jobManagerEnds.values()) end.isClosed = true
  }

  #isDeaf: ReadonlySet<SessionId> = new Set()

  #handlerOf(end: EndRecord): SessionHandler<TaskManagerMessage> {
    const isDeaf = (): boolean => this.#isDeaf.has(end.sessionId)
    return {
      onMessage: (message) => {
        assert.equal(message.kind, 'log')
        if (!isDeaf()) end.onMessage(message.requestId)
      },
      onSuspended: () => isDeaf() || end.onSuspended(),
      onResumed: () => isDeaf() || end.onResumed(),
      onClosed: () => isDeaf() || end.onClosed(),
    }
  }

  sendFromTaskManager(): void {
    const session = this.#taskManagerSession
    if (session === undefined) return
    this.#messageCount++
    this.taskManagerEnds.get(session.sessionId)!.sent.push(this.#messageCount)
    session.send({ kind: 'log', requestId: this.#messageCount, lines: ['a line'] })
  }

  sendFromJobManager(): void {
    const session = this.#jobManagerSession
    if (session === undefined || this.jobManagerEnds.get(session.sessionId)!.isClosed) return
    this.#messageCount++
    this.jobManagerEnds.get(session.sessionId)!.sent.push(this.#messageCount)
    session.send({ kind: 'request-log', requestId: this.#messageCount, lineCountMax: 10 })
  }

  closeFromTaskManager(): void {
    this.#taskManagerSession?.close('the test says so')
  }

  closeFromJobManager(): void {
    this.#jobManagerSession?.close('the test says so')
  }

  #currentTaskManagerEnd(): EndRecord {
    const sessionId = this.#taskManagerSession?.sessionId
    assert.ok(sessionId !== undefined)
    return this.taskManagerEnds.get(sessionId)!
  }
}

async function live(world: World): Promise<void> {
  const below = (bound: number): number => randomBelow(world.random, bound)
  world.client.start()
  for (let step = 0; step < 60; step++) {
    await world.clock.advance(below(4) === 0 ? below(2000) : below(40))
    const dice = below(100)
    if (dice < 40) for (let i = below(5); i >= 0; i--) world.sendFromTaskManager()
    else if (dice < 75) for (let i = below(100); i >= 0; i--) world.sendFromJobManager()
    else if (dice < 88) world.network.cut(below(3) === 0 ? 8000 : 30)
    else if (dice < 92) world.network.stall(below(8000))
    else if (dice < 94) world.clock.pass(below(8000))
    else if (dice < 95) world.closeFromTaskManager()
    else if (dice < 96) world.closeFromJobManager()
    else if (dice < 98) world.killJobManager()
    else if (world.network.server === undefined) world.startJobManager()
  }
  if (world.network.server === undefined) world.startJobManager()
  await world.clock.advance(60_000)
}

function check(world: World): void {
  const sender = [world.taskManagerEnds, world.jobManagerEnds] as const
  for (const [ends, peers] of [sender, sender.toReversed() as unknown as typeof sender]) {
    for (const end of ends.values()) {
      const peer = peers.get(end.sessionId)
      const received = peer?.delivered ?? []
      assert.deepEqual(received, end.sent.slice(0, received.length), 'exactly once and in order')
      assert.equal(end.isClosed, peer?.isClosed ?? true, 'both ends are open, or both closed')
      if (!end.isClosed) {
        assert.equal(end.isSuspended, false)
        assert.equal(received.length, end.sent.length, 'an open session delivers everything')
      }
    }
  }
  const open = [...world.taskManagerEnds.values()].filter(({ isClosed }) => !isClosed)
  assert.equal(open.length, 1, 'when the faults stop there is one session')
}

test('Whatever connections do, each message arrives once and in order or its session closes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const world = new World(seed)
      await live(world)
      check(world)
      world.client.close('the test ends')
      await world.clock.advance(20_000)
      for (const end of world.jobManagerEnds.values()) assert.equal(end.isClosed, true)
    }),
    { numRuns: 150 },
  )
})
