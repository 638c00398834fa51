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
import { decodeReaderEvent, encodeSourceEvent } from '../source/source-event.ts'
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
    createEnumerator: (context, restored) => {
      onEnumerator()
      const given = (restored as readonly unknown[] | undefined) ?? splits
      return new StaticSplitEnumerator<unknown>(context, given)
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
    encodeGeneric({
      kind: 'records',
      lane: name,
      first: 0,
      records: values.map((value) => encodeGeneric(value)),
    }),
  )

const fetch = (sinkName: string, recordCountMax = 100): JobHostCommand => ({
  kind: 'fetch-results',
  requestId: 7,
  sinkName,
  recordCountMax,
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

test('the state of an enumerator that cannot be kept names the source', async () => {
  const thread = new Thread((env) => {
    const source = sourceOf(['s1'])
    const createEnumerator: typeof source.createEnumerator = (...given) =>
      Object.assign(source.createEnumerator(...given), { snapshotState: () => Promise.resolve() })
    env.fromSource({ ...source, createEnumerator }, { name: 'late' }).print()
  })
  const { coordinated } = await thread.build()
  await thread.post({ kind: 'start-coordinators', operators: coordinated })
  await thread.post({ kind: 'snapshot-coordinators', checkpointId: 1 })
  const [failed] = thread.take('failed')
  assert.equal(failed?.failure.code, 'RECORD_TYPE_MISMATCH')
  assert.match(failed?.failure.message ?? '', /enumerator of 'late': .* of the class Promise/)
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
  const empty = { records: [], isEnd: false, epoch: 0, position: 0, requestId: 7 }
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

test('coordinators are snapshotted in one turn, and start again from what they said then', async () => {
  const thread = new Thread(simple)
  const { coordinated } = await thread.build()
  const [source, sink] = coordinated as [OperatorId, OperatorId]
  await thread.post(
    { kind: 'start-coordinators', operators: coordinated },
    registered(source, 0, 'a0'),
    registered(sink, 0, 'b0'),
    request(source, 'a0'),
    records(sink, 'b0', 'x', 'y'),
    fetch('results', 1),
    { kind: 'snapshot-coordinators', checkpointId: 5 },
    request(source, 'a0'),
    fetch('results', 1),
  )
  const kinds = thread.events.map(({ kind }) => kind)
  const answer = kinds.indexOf('coordinators-snapshotted')
  assert.deepEqual(kinds.slice(0, answer).includes('operator-event'), true)
  assert.deepEqual(kinds.slice(answer + 1), ['operator-event', 'operator-event', 'results'])
  const [snapshot] = thread.take('coordinators-snapshotted')
  assert.equal(snapshot?.checkpointId, 5)
  const restored = (snapshot?.states ?? []).map(({ operatorId, bytes }) => ({
    operatorId,
    state: bytes,
  }))
  assert.deepEqual(
    restored.map(({ operatorId }) => operatorId),
    coordinated,
  )
  thread.events.length = 0
  await thread.post(
    { kind: 'start-coordinators', operators: coordinated, restored, restoredCheckpointId: 5 },
    registered(source, 0, 'a1'),
    request(source, 'a1'),
    fetch('results'),
  )
  const [given] = thread.take('operator-event')
  assert.deepEqual(decodeReaderEvent(given?.event as Uint8Array), {
    kind: 'add-splits',
    splits: ['s2'],
  })
  const [results] = thread.take('results')
  assert.deepEqual(results?.results, { records: [], isEnd: false, epoch: 1, position: 1 })
})

test('splits assigned since the restored checkpoint go back when a reader fails', async () => {
  const thread = new Thread(simple)
  const { coordinated } = await thread.build()
  const [source] = coordinated as [OperatorId]
  const assigned = async (...commands: JobHostCommand[]) => {
    thread.events.length = 0
    await thread.post(...commands)
    return thread.take('operator-event').map(({ event }) => decodeReaderEvent(event))
  }
  await thread.post(
    { kind: 'start-coordinators', operators: coordinated },
    registered(source, 0, 'a0'),
    request(source, 'a0'),
    { kind: 'snapshot-coordinators', checkpointId: 1 },
    request(source, 'a0'),
    { kind: 'checkpoint-completed', checkpointId: 1 },
    { kind: 'checkpoint-aborted', checkpointId: 2 },
  )
  const failed = { kind: 'reader-failed', operatorId: source, subtaskIndex: 0 } as const
  const given = await assigned(
    { ...failed, attemptId: attempt('a0'), restoredCheckpointId: 1 },
    registered(source, 0, 'a1'),
    request(source, 'a1'),
    request(source, 'a1'),
  )
  assert.deepEqual(given, [{ kind: 'add-splits', splits: ['s2'] }, { kind: 'no-more-splits' }])
})

test('an enumerator that cannot be snapshotted fails, and the checkpoint has no answer', async () => {
  const thread = new Thread((env) => {
    const source: Source<unknown> = {
      ...sourceOf([]),
      createEnumerator: (context) =>
        Object.assign(new StaticSplitEnumerator<unknown>(context, []), {
          snapshotState: () => [() => {}],
        }),
    }
    env.fromSource(source, { name: 'source' }).print()
  })
  const { coordinated } = await thread.build()
  await thread.post(
    { kind: 'start-coordinators', operators: coordinated },
    { kind: 'snapshot-coordinators', checkpointId: 1 },
  )
  const [failed] = thread.take('failed')
  assert.equal(failed?.operatorId, coordinated[0])
  assert.deepEqual(thread.take('coordinators-snapshotted'), [])
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
