import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CollectedResults, decodeGeneric, encodeGeneric, silentLogger } from '@millrace/core'
import { runtimeContext } from '../operators/chain-test-support.ts'
import { type CollectLaneState, collectWindow } from '../sink/collect-event.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import type { SinkWriter } from '../sink/sink.ts'
import { CollectCoordinator } from './collect-coordinator.ts'
import { attempt, CoordinatorProbe } from './coordinator-test-support.ts'

type Writer = SinkWriter<unknown, never, CollectLaneState>

/** One collect sink: its coordinator and a writer for each attempt, with nothing in between. */
class Sink {
  readonly probe: CoordinatorProbe = new CoordinatorProbe(decodeGeneric)
  readonly coordinator: CollectCoordinator = new CollectCoordinator(0, this.probe.services())
  readonly #writers = new Map<string, Writer>()

  writer(subtaskIndex: number, name: string): Writer {
    this.coordinator.readerRegistered(subtaskIndex, attempt(name))
    const writer = new CollectSink().createWriter({
      ...runtimeContext(() => assert.fail('a sink has no keyed state')),
      subtaskIndex,
      attemptNumber: Number(name.slice(1)),
      clock: this.probe.clock,
      logger: silentLogger,
      restoredCheckpointId: undefined,
      sendEventToCoordinator: (event) => {
        this.coordinator.handleEvent(subtaskIndex, attempt(name), encodeGeneric(event))
      },
    })
    this.#writers.set(name, writer)
    return writer
  }

  /** What was fetched; the writers get their acknowledgements. */
  fetch(recordCountMax: number, isJobEnded = false): CollectedResults & { values: unknown[] } {
    const results = this.coordinator.fetch(recordCountMax, isJobEnded)
    for (const [, name, event] of this.probe.sent.splice(0)) {
      this.#writers.get(name)?.handleEvent?.(event)
    }
    return { ...results, values: results.records.map((bytes) => decodeGeneric(bytes)) }
  }
}

test('records arrive in order, each once', async () => {
  const sink = new Sink()
  const writer = sink.writer(0, 'a0')
  for (let n = 0; n < 5; n++) writer.write({ n })
  await writer.flush(true)
  assert.deepEqual(sink.fetch(2).values, [{ n: 0 }, { n: 1 }])
  const rest = sink.fetch(100)
  assert.deepEqual(rest.values, [{ n: 2 }, { n: 3 }, { n: 4 }])
  assert.deepEqual([rest.isEnd, rest.epoch], [false, 0])
})

test('the end is said with the last record, once the job has ended', async () => {
  const sink = new Sink()
  const writer = sink.writer(0, 'a0')
  writer.write(1)
  writer.write(2)
  await writer.flush(true)
  assert.equal(sink.fetch(1, true).isEnd, false)
  assert.equal(sink.fetch(1, true).isEnd, true)
  assert.equal(sink.fetch(1, true).isEnd, true)
})

test('a record that is alone is sent after a moment', async () => {
  const sink = new Sink()
  sink.writer(0, 'a0').write('alone')
  assert.deepEqual(sink.fetch(1).values, [])
  sink.probe.clock.advance(10)
  assert.deepEqual(sink.fetch(1).values, ['alone'])
})

test('a writer stops where nobody fetches, and goes on when somebody does', async () => {
  const sink = new Sink()
  const writer = sink.writer(0, 'a0')
  let written = 0
  while (writer.blocked?.() === undefined) writer.write(written++)
  assert.equal(written, collectWindow.recordCountMax)
  const blocked = writer.blocked?.()
  assert.equal(sink.fetch(10).values.length, 10)
  await blocked
  assert.equal(writer.blocked?.(), undefined)
})

test('large records stop a writer before there are many', async () => {
  const sink = new Sink()
  const writer = sink.writer(0, 'a0')
  let written = 0
  while (writer.blocked?.() === undefined) {
    writer.write('x'.repeat(100_000))
    written++
  }
  assert.equal(written, 11)
  const { values } = sink.fetch(1000)
  assert.ok(values.length >= 10 && values.length <= 11)
})

test('records of a failed attempt that nobody fetched are forgotten', async () => {
  const sink = new Sink()
  const first = sink.writer(0, 'a0')
  const other = sink.writer(1, 'b0')
  first.write('from a0')
  await first.flush(false)
  other.write('from b0')
  await other.flush(false)
  sink.coordinator.readerFailed(0, attempt('a0'), undefined)
  const second = sink.writer(0, 'a1')
  first.write('late')
  await first.flush(false)
  second.write('from a1')
  await second.flush(true)
  assert.deepEqual(sink.fetch(10).values, ['from b0', 'from a1'])
  assert.equal(sink.probe.failures.length, 0)
})

test('where records of a failed attempt were fetched, all begin again', async () => {
  const sink = new Sink()
  const first = sink.writer(0, 'a0')
  first.write('fetched')
  await first.flush(false)
  sink.writer(1, 'b0')
  sink.fetch(1)
  sink.coordinator.readerFailed(0, attempt('a0'), undefined)
  assert.equal(sink.probe.failures.length, 0)
  sink.writer(0, 'a1')
  assert.equal((sink.probe.failures[0] as { code: string }).code, 'SINK_FAILED')
  sink.writer(1, 'b1')
  assert.equal(sink.probe.failures.length, 1)
  assert.deepEqual(sink.fetch(1).values, [])
})

test('a writer that is closed leaves no timer and nobody waiting', async () => {
  const sink = new Sink()
  const writer = sink.writer(0, 'a0')
  while (writer.blocked?.() === undefined) writer.write(1)
  writer.write(1)
  const blocked = writer.blocked?.()
  writer.write(2)
  await writer.close()
  await blocked
  assert.equal(sink.probe.clock.timerCount, 0)
})
