import { strict as assert } from 'node:assert'
import { type TestContext, test } from 'node:test'
import {
  SeededRandom,
  type Session,
  silentLogger,
  type TaskExecutorMessage,
  type TaskManagerMessage,
} from '@millrace/core'
import { startLivenessListener } from '../io/liveness-listener.ts'
import { TcpLivenessProbe } from '../io/tcp-liveness-probe.ts'
import { SessionServer } from '../session/session-server.ts'
import { registration } from '../session/session-test-support.ts'
import { TaskManagerSessionClient } from '../session/task-manager-session-client.ts'
import { GrpcSessionConnector } from './grpc-session-connector.ts'
import { dispatcherOf, EventLog, startCuttableProxy, systemClock } from './grpc-test-support.ts'
import { startRpcServer } from './rpc-server.ts'

const environment = { clock: systemClock, random: new SeededRandom(7), logger: silentLogger }

/** A JobManager and a TaskManager over a proxy, each with what it saw. */
async function start(context: TestContext) {
  const jobManager = new EventLog()
  const taskManager = new EventLog()
  const jobManagerSessions: Session<TaskExecutorMessage>[] = []
  const taskManagerSessions: Session<TaskManagerMessage>[] = []
  const liveness = await startLivenessListener('127.0.0.1')
  const sessions = new SessionServer(
    environment,
    new TcpLivenessProbe(),
    {},
    {
      onTaskManagerRegistered: (_, session) => {
        jobManagerSessions.push(session)
        jobManager.add('registered')
        return {
          onMessage: (message) => {
            assert.equal(message.kind, 'log')
            jobManager.add(message.lines.join())
          },
          onSuspended: () => jobManager.add('suspended'),
          onResumed: () => jobManager.add('resumed'),
          onClosed: (reason) => jobManager.add(`closed: ${reason}`),
        }
      },
    },
  )
  const server = await startRpcServer({
    host: '127.0.0.1',
    port: 0,
    dispatcher: dispatcherOf({}),
    sessions,
    readBundle: async function* () {},
  })
  const proxy = await startCuttableProxy(server.port)
  const livenessAddress = `127.0.0.1:${liveness.port}`
  const connector = new GrpcSessionConnector(proxy.address)
  const client = new TaskManagerSessionClient(
    environment,
    connector,
    { registration: { ...registration, livenessAddress } },
    {
      onRegistered: (session) => {
        taskManagerSessions.push(session)
        taskManager.add('registered')
      },
      onMessage: (message) => {
        assert.equal(message.kind, 'request-log')
        taskManager.add(String(message.requestId))
      },
      onSuspended: () => taskManager.add('suspended'),
      onResumed: () => taskManager.add('resumed'),
      onClosed: (reason) => taskManager.add(`closed: ${reason}`),
    },
  )
  context.after(async () => {
    client.close('the test ends')
    await connector.close()
    sessions.close('the test ends')
    await server.close()
    proxy.close()
    await liveness.close()
  })
  client.start()
  await Promise.all([jobManager.saw('registered'), taskManager.saw('registered')])
  return {
    jobManager,
    taskManager,
    jobManagerSessions,
    taskManagerSessions,
    liveness,
    proxy,
    client,
    sessions,
  }
}

test('messages go both ways', async (context) => {
  const { jobManager, taskManager, jobManagerSessions, taskManagerSessions } = await start(context)
  assert.equal(jobManagerSessions[0]!.sessionId, taskManagerSessions[0]!.sessionId)
  taskManagerSessions[0]!.send({ kind: 'log', requestId: 1, lines: ['up'] })
  jobManagerSessions[0]!.send({ kind: 'request-log', requestId: 42, lineCountMax: 3 })
  await Promise.all([jobManager.saw('up'), taskManager.saw('42')])
})

test('a session whose connection is cut resumes and loses nothing', async (context) => {
  const { jobManager, taskManager, jobManagerSessions, taskManagerSessions, proxy } =
    await start(context)
  const expected: string[] = []
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 200; i++) {
      expected.push(`${round * 1000 + i}`)
      taskManagerSessions[0]!.send({ kind: 'log', requestId: 1, lines: [`${round * 1000 + i}`] })
      jobManagerSessions[0]!.send({
        kind: 'request-log',
        requestId: round * 1000 + i,
        lineCountMax: 1,
      })
      if (i === 100) {
        await Promise.all([jobManager.saw(`${round * 1000}`), taskManager.saw(`${round * 1000}`)])
        proxy.cut()
      }
    }
    await Promise.all([taskManager.saw('resumed', round + 1), jobManager.saw(expected.at(-1)!)])
  }
  await taskManager.saw(expected.at(-1)!)
  const numbers = (events: readonly string[]) => events.filter((event) => /^\d+$/.test(event))
  assert.deepEqual(numbers(jobManager.events), expected)
  assert.deepEqual(numbers(taskManager.events), expected)
  assert.equal(jobManagerSessions.length, 1)
})

test('a TaskManager whose process is gone is closed at once', async (context) => {
  const { jobManager, liveness, proxy } = await start(context)
  await liveness.close()
  const cutMs = performance.now()
  proxy.close()
  await jobManager.saw('suspended')
  const reason = `tm-1 is dead: nobody listens on 127.0.0.1:${liveness.port} any more`
  await jobManager.saw(`closed: ${reason}`)
  // Far below the heartbeat time-out of 5 s, with room for a busy machine.
  assert.ok(performance.now() - cutMs < 2000)
})

test('a TaskManager that leaves says so, and is not probed', async (context) => {
  const { jobManager, taskManager, client } = await start(context)
  client.close('it was stopped')
  await jobManager.saw('closed: it was stopped')
  assert.deepEqual(taskManager.events, ['registered', 'closed: it was stopped'])
  assert.equal(jobManager.events.includes('suspended'), false)
})

test('a session that the JobManager closes is registered anew', async (context) => {
  const { taskManager, jobManagerSessions } = await start(context)
  jobManagerSessions[0]!.close('no use for it')
  await taskManager.saw('closed: no use for it')
  await taskManager.saw('registered', 2)
  assert.notEqual(jobManagerSessions[1]!.sessionId, jobManagerSessions[0]!.sessionId)
})
