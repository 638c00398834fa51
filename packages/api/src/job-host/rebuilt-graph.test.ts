import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobHostCommand, JobHostEvent, OperatorId } from '@millrace/core'
import { defineJob } from '../job/define-job.ts'
import type { JobFunction } from '../job/job-definition.ts'
import { ManualClock, settle } from '../operators/clock-test-support.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import type { SplitEnumeratorContext } from '../source/source.ts'
import { decodeReaderEvent, encodeSourceEvent } from '../source/source-event.ts'
import { StaticSplitEnumerator } from '../source/static-split-enumerator.ts'
import { attempt } from './coordinator-test-support.ts'
import { JobHost } from './job-host.ts'

/** A built job host: what it posts, and a way to tell it something. */
async function built(job: JobFunction) {
  const events: JobHostEvent[] = []
  let receive: (command: JobHostCommand) => void = () => assert.fail('not started')
  const port = {
    post: (event: JobHostEvent) => void events.push(structuredClone(event)),
    onMessage: (receiver: (command: JobHostCommand) => void) => {
      receive = receiver
    },
  }
  const loader = { load: async () => defineJob('job', job) }
  new JobHost(new ManualClock(), port, loader, () => {}).start()
  const post = async (...commands: readonly JobHostCommand[]): Promise<void> => {
    for (const command of commands) receive(command)
    await settle()
  }
  await post({ kind: 'build-graph', moduleUrl: 'file:///job', args: {}, config: {} })
  const [graph] = events.splice(0)
  assert.ok(graph?.kind === 'graph')
  const operators = graph.coordinated
  return { events, post, operators, source: operators[0] as OperatorId }
}

const rebuild = (parallelism: number, requestId = 1): JobHostCommand => ({
  kind: 'rebuild-graph',
  requestId,
  config: { 'parallelism.override': String(parallelism) },
})

function readerOf(operatorId: OperatorId, subtaskIndex: number, name: string): JobHostCommand[] {
  const reader = { operatorId, subtaskIndex, attemptId: attempt(name) }
  const event = encodeSourceEvent({ kind: 'request-split' })
  return [
    { kind: 'reader-registered', ...reader },
    { kind: 'operator-event', ...reader, event },
  ]
}

function splitsIn(events: readonly JobHostEvent[]): readonly unknown[] {
  return events.flatMap((event) => {
    if (event.kind !== 'operator-event') return []
    const said = decodeReaderEvent(event.event)
    return said.kind === 'add-splits' ? said.splits : []
  })
}

/** A source of three splits; tells at what parallelism each enumerator was made. */
function jobTelling(parallelisms: number[]): JobFunction {
  return (env) => {
    const source = {
      kind: 'static',
      boundedness: 'bounded' as const,
      createEnumerator: (context: SplitEnumeratorContext<unknown>, restored: unknown) => {
        parallelisms.push(context.parallelism)
        const splits = (restored as readonly unknown[] | undefined) ?? ['s1', 's2', 's3']
        return new StaticSplitEnumerator<unknown>(context, splits)
      },
      createReader: () => assert.fail('the job host makes no reader'),
    }
    env.setParallelism(2).fromSource(source, { name: 'source' }).sinkTo(new CollectSink(), {
      name: 'results',
    })
  }
}

test('a graph is rebuilt beside the coordinators, which go on until it is used', async () => {
  const parallelisms: number[] = []
  const { events, post, operators, source } = await built(jobTelling(parallelisms))
  await post({ kind: 'start-coordinators', operators }, ...readerOf(source, 0, 'r0'), rebuild(3))
  const answer = events.find(({ kind }) => kind === 'graph-rebuilt')
  assert.ok(answer?.kind === 'graph-rebuilt')
  assert.deepEqual(new Set(answer.graph.vertices.map((vertex) => vertex.parallelism)), new Set([3]))
  assert.deepEqual(answer.coordinated, operators)
  await post(...readerOf(source, 1, 'r1'))
  assert.deepEqual(splitsIn(events), ['s1', 's2'])
  await post({ kind: 'snapshot-coordinators', checkpointId: 1 })
  const snapshot = events.find(({ kind }) => kind === 'coordinators-snapshotted')
  assert.ok(snapshot?.kind === 'coordinators-snapshotted')
  const restored = snapshot.states.map(({ operatorId, bytes }) => ({ operatorId, state: bytes }))
  await post(
    { kind: 'use-rebuilt-graph' },
    { kind: 'start-coordinators', operators, restored, restoredCheckpointId: 1 },
    ...readerOf(source, 2, 'r2'),
  )
  assert.deepEqual(splitsIn(events), ['s1', 's2', 's3'])
  assert.deepEqual(parallelisms, [2, 3])
  // A reader of the graph before has nothing to say any more.
  const event = encodeSourceEvent({ kind: 'request-split' })
  const late = { operatorId: source, subtaskIndex: 0, attemptId: attempt('r0') }
  events.length = 0
  await post({ kind: 'operator-event', ...late, event })
  assert.deepEqual(events, [])
})

test('what is wrong with the other graph is answered, and everything goes on', async () => {
  const { events, post, operators, source } = await built((env) => {
    const numbers = env.setParallelism(2).fromSequence(1, 9)
    numbers
      .forward()
      .map((n) => n, { parallelism: 2 })
      .sinkTo(new CollectSink(), { name: 'all' })
  })
  await post({ kind: 'start-coordinators', operators }, rebuild(3))
  const [answer] = events.splice(0)
  assert.ok(answer?.kind === 'rebuild-failed')
  assert.equal(answer.failure.code, 'JOB_GRAPH_INVALID')
  await post(...readerOf(source, 0, 'r0'))
  assert.equal(splitsIn(events).length, 1)
})

test('of two graphs that are rebuilt at a time the later one is answered', async () => {
  const gates: (() => void)[] = []
  const { events, post } = await built(async (env) => {
    env.fromSequence(1, 9).sinkTo(new CollectSink(), { name: 'all' })
    if (env.getConfig()['parallelism.override'] === undefined) return
    await new Promise<void>((resolve) => void gates.push(resolve))
  })
  await post(rebuild(3, 1), rebuild(4, 2))
  for (const open of gates) open()
  await settle()
  assert.deepEqual(
    events.map((event) => event.kind === 'graph-rebuilt' && event.requestId),
    [2],
  )
})
