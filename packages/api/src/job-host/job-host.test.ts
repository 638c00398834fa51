import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import {
  encodeGeneric,
  type JobGraph,
  type JobHostCommand,
  type JobHostEvent,
  MillraceError,
  type OperatorId,
} from '@millrace/core'
import { defineJob } from '../job/define-job.ts'
import type { JobFunction } from '../job/job-definition.ts'
import { ManualClock, settle } from '../operators/clock-test-support.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import type { Source } from '../source/source.ts'
import { encodeSourceEvent } from '../source/source-event.ts'
import { StaticSplitEnumerator } from '../source/static-split-enumerator.ts'
import { attempt } from './coordinator-test-support.ts'
import { JobHost } from './job-host.ts'

const build: JobHostCommand = {
  kind: 'build-graph',
  moduleUrl: 'file:///job',
  args: {},
  config: {},
}

/** A job host whose port is this test. */
class Thread {
  readonly events: JobHostEvent[] = []
  readonly host: JobHost
  isClosed = false
  #receive: (command: JobHostCommand) => void = () => assert.fail('not started')

  constructor(job: JobFunction | Error, gate: Promise<void> = Promise.resolve()) {
    const load = async () => {
      await gate
      if (job instanceof Error) throw job
      return defineJob('job', job)
    }
    this.host = new JobHost(
      new ManualClock(),
      {
        post: (event) => void this.events.push(structuredClone(event)),
        onMessage: (receiver) => {
          this.#receive = receiver
        },
      },
      { load },
      () => {
        this.isClosed = true
      },
    )
    this.host.start()
  }

  async post(...commands: readonly JobHostCommand[]): Promise<void> {
    for (const command of commands) this.#receive(command)
    await settle()
  }

  async build(): Promise<{ graph: JobGraph; coordinated: readonly OperatorId[] }> {
    await this.post(build)
    const [event] = this.take('graph')
    return event ?? assert.fail('no graph')
  }

  take<Kind extends JobHostEvent['kind']>(kind: Kind): Extract<JobHostEvent, { kind: Kind }>[] {
    const all = this.events.splice(0)
    this.events.push(...all.filter((event) => event.kind !== kind))
    return all.filter(
      (event): event is Extract<JobHostEvent, { kind: Kind }> => event.kind === kind,
    )
  }
}

/** Gives out `splits`; counts how often it was asked to make an enumerator. */
function sourceOf(
  splits: readonly unknown[],
  onEnumerator: () => void = () => {},
): Source<unknown> {
  return {
    kind: 'static',
    boundedness: 'bounded',
    createEnumerator: (context) => {
      onEnumerator()
      return new StaticSplitEnumerator<unknown>(context, splits)
    },
    createReader: () => assert.fail('the job host makes no reader'),
  }
}

const simple: JobFunction = (env) => {
  env
    .fromSource(sourceOf(['s1', 's2']), { name: 'source' })
    .map((value) => value)
    .sinkTo(new CollectSink(), { name: 'results' })
}

const registered = (
  operatorId: OperatorId,
  subtaskIndex: number,
  name: string,
): JobHostCommand => ({
  kind: 'reader-registered',
  operatorId,
  subtaskIndex,
  attemptId: attempt(name),
})

const event = (operatorId: OperatorId, name: string, bytes: Uint8Array): JobHostCommand => ({
  kind: 'operator-event',
  operatorId,
  subtaskIndex: 0,
  attemptId: attempt(name),
  event: bytes,
})

const request = (operatorId: OperatorId, name: string): JobHostCommand =>
  event(operatorId, name, encodeSourceEvent({ kind: 'request-split' }))

const records = (operatorId: OperatorId, name: string, ...values: unknown[]): JobHostCommand =>
  event(
    operatorId,
    name,
    encodeGeneric({ kind: 'records', records: values.map((value) => encodeGeneric(value)) }),
  )

const fetch = (sinkName: string): JobHostCommand => ({
  kind: 'fetch-results',
  requestId: 7,
  sinkName,
  recordCountMax: 100,
})

test('the graph is answered with the sources and collect sinks it has', async () => {
  const { graph, coordinated } = await new Thread(simple).build()
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  assert.deepEqual(
    coordinated.map((id) => operators.find((operator) => operator.id === id)?.name),
    ['source', 'results'],
  )
})

test('what is wrong with the module or its graph is answered in place of the graph', async () => {
  const cases: readonly (readonly [JobFunction | Error, string])[] = [
    [new MillraceError('JOB_MODULE_INVALID', 'no job'), 'JOB_MODULE_INVALID'],
    [new SyntaxError('unexpected token'), 'JOB_MODULE_THREW'],
    [() => Promise.reject(new Error('no file')), 'JOB_MODULE_THREW'],
    [() => {}, 'JOB_GRAPH_INVALID'],
  ]
  for (const [job, code] of cases) {
    const thread = new Thread(job)
    await thread.post(build)
    const [failed, ...others] = thread.events
    assert.equal(failed?.kind === 'failed' && failed.failure.code, code)
    assert.equal(others.length, 0)
  }
})

test('commands wait for the graph, and are carried out in order', async () => {
  const gate = Promise.withResolvers<void>()
  const thread = new Thread(simple, gate.promise)
  await thread.post(build, fetch('results'))
  assert.equal(thread.events.length, 0)
  gate.resolve()
  await settle()
  assert.deepEqual(
    thread.events.map(({ kind }) => kind),
    ['graph', 'results'],
  )
})

test('a request for a split is answered to the attempt that asked', async () => {
  const thread = new Thread(simple)
  const { coordinated } = await thread.build()
  const source = coordinated[0] ?? assert.fail('no source')
  await thread.post({ kind: 'start-coordinators', operators: coordinated })
  await thread.post(registered(source, 0, 'a0'), request(source, 'a0'))
  const [answer] = thread.take('operator-event')
  assert.deepEqual([answer?.operatorId, answer?.subtaskIndex, answer?.attemptId], [source, 0, 'a0'])
  assert.deepEqual(answer?.event, encodeSourceEvent({ kind: 'add-splits', splits: ['s1'] }))
})

test('coordinators that start again come from a new call of the job function', async () => {
  const calls: number[] = []
  let call = 0
  const thread = new Thread((env) => {
    const own = call++
    const count = (): void => void calls.push(own)
    env.fromSource(sourceOf(['s1'], count), { name: 'source' }).print()
  })
  const { coordinated } = await thread.build()
  const source = coordinated[0] ?? assert.fail('no source')
  const start: JobHostCommand = { kind: 'start-coordinators', operators: coordinated }
  await thread.post(start, registered(source, 0, 'a0'), request(source, 'a0'))
  await thread.post(start, registered(source, 0, 'a1'), request(source, 'a1'))
  assert.deepEqual(calls, [0, 1])
  const answers = thread.take('operator-event')
  assert.deepEqual(
    answers.map(({ attemptId }) => attemptId),
    ['a0', 'a1'],
  )
  assert.deepEqual(answers[1]?.event, answers[0]?.event)
})

test('a job function that describes another graph the next time is found out', async () => {
  let call = 0
  const thread = new Thread((env) => {
    env.fromSource(sourceOf([]), { name: `source-${call++}` }).print()
  })
  const { coordinated } = await thread.build()
  const start: JobHostCommand = { kind: 'start-coordinators', operators: coordinated }
  await thread.post(start, start)
  const [failed] = thread.take('failed')
  assert.equal(failed?.failure.code, 'JOB_GRAPH_DIFFERS')
  assert.equal(failed?.operatorId, coordinated[0])
})

test('an enumerator that throws fails its operator, and others go on', async () => {
  const thread = new Thread((env) => {
    const broken = sourceOf([], () => {
      throw new RangeError('no such topic')
    })
    env.fromSource(broken, { name: 'broken' }).print()
    env.fromSource(sourceOf(['s1']), { name: 'sound' }).print()
  })
  const { coordinated } = await thread.build()
  const [broken, sound] = coordinated
  assert.ok(broken !== undefined && sound !== undefined)
  await thread.post({ kind: 'start-coordinators', operators: coordinated })
  const [failed] = thread.take('failed')
  assert.equal(failed?.operatorId, broken)
  assert.equal(failed?.failure.code, 'ENUMERATOR_FAILED')
  assert.match(failed?.failure.message ?? '', /of 'broken' failed: RangeError: no such topic/)
  await thread.post(registered(sound, 0, 'a0'), request(sound, 'a0'))
  assert.equal(thread.take('operator-event').length, 1)
})

test('what the system refused an enumerator is nobody in the job to blame for', async () => {
  const thread = new Thread((env) => {
    const broken = sourceOf([], () => void readdirSync('/no/such/folder'))
    env.fromSource(broken, { name: 'broken' }).print()
  })
  const { coordinated } = await thread.build()
  await thread.post({ kind: 'start-coordinators', operators: coordinated })
  const [failed] = thread.take('failed')
  assert.equal(failed?.failure.code, 'ENUMERATOR_FAILED')
  assert.match(failed?.failure.message ?? '', /of 'broken' failed: Error: ENOENT/)
  assert.equal(failed?.failure.blame, 'external')
})

test('an error that nobody awaited fails the job as a whole', async () => {
  const thread = new Thread(simple)
  const { coordinated } = await thread.build()
  const source = coordinated[0] ?? assert.fail('no source')
  await thread.post({ kind: 'start-coordinators', operators: coordinated })
  thread.host.onUncaughtError(new Error('forgotten'))
  const [failed] = thread.take('failed')
  assert.deepEqual([failed?.operatorId, failed?.failure.code], [undefined, 'ENUMERATOR_FAILED'])
  await thread.post(registered(source, 0, 'a0'), request(source, 'a0'))
  assert.equal(thread.events.length, 0)
})

test('an error that nobody awaited while the graph was built refuses the job', async () => {
  const gate = Promise.withResolvers<void>()
  const thread = new Thread(simple, gate.promise)
  await thread.post(build)
  thread.host.onUncaughtError(new Error('forgotten'))
  gate.resolve()
  await settle()
  assert.deepEqual(
    thread.events.map((each) => each.kind === 'failed' && each.failure.code),
    ['JOB_MODULE_THREW'],
  )
})

test('results are fetched by the name of their sink; a restart begins a new epoch', async () => {
  const thread = new Thread(simple)
  const { coordinated } = await thread.build()
  const sink = coordinated[1] ?? assert.fail('no sink')
  const start: JobHostCommand = { kind: 'start-coordinators', operators: [sink] }
  const fetched = async (...before: JobHostCommand[]) => {
    await thread.post(...before, fetch('results'))
    const [results] = thread.take('results')
    return { ...results?.results, requestId: results?.requestId }
  }
  const empty = { records: [], isEnd: false, epoch: 0, requestId: 7 }
  assert.deepEqual(await fetched(), empty)
  const first = await fetched(start, registered(sink, 0, 'a0'), records(sink, 'a0', 'x'))
  assert.deepEqual(first, { ...empty, records: [encodeGeneric('x')] })
  assert.deepEqual(await fetched(start), { ...empty, epoch: 1 })
  const last = await fetched(registered(sink, 0, 'a1'), records(sink, 'a1', 'y'), {
    kind: 'job-ended',
  })
  assert.deepEqual(last, { ...empty, records: [encodeGeneric('y')], isEnd: true, epoch: 1 })
  await thread.post(fetch('source'), fetch('nothing'))
  assert.deepEqual(
    thread.take('results').map(({ results }) => results),
    [undefined, undefined],
  )
})

test('what an enumerator logs reaches the JobMaster, whatever its fields hold', async () => {
  const thread = new Thread((env) => {
    const source: Source<unknown> = {
      ...sourceOf([]),
      createEnumerator: (context) => {
        context.logger.child({ topic: 'a' }).warn('odd', { fn: () => {}, n: 1, o: { x: 1n } })
        return new StaticSplitEnumerator<unknown>(context, [])
      },
    }
    env.fromSource(source, { name: 'source' }).print()
  })
  const { coordinated } = await thread.build()
  await thread.post({ kind: 'start-coordinators', operators: coordinated })
  const [line] = thread.take('log')
  assert.deepEqual(line, {
    kind: 'log',
    level: 'warn',
    event: 'odd',
    fields: { operator: 'source', topic: 'a', fn: '() => {}', n: 1, o: '{"x":"1"}' },
  })
})

test('close closes the enumerators and says so, once', async () => {
  let closed = 0
  const thread = new Thread((env) => {
    const source: Source<unknown> = {
      ...sourceOf([]),
      createEnumerator: (context) =>
        Object.assign(new StaticSplitEnumerator<unknown>(context, []), {
          close: () => {
            closed++
          },
        }),
    }
    env.fromSource(source, { name: 'source' }).print()
  })
  const { coordinated } = await thread.build()
  await thread.post({ kind: 'start-coordinators', operators: coordinated })
  await thread.post({ kind: 'close' }, { kind: 'close' })
  assert.deepEqual([closed, thread.isClosed], [1, true])
})
