import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeGeneric, encodeGeneric, silentLogger } from '@millrace/core'
import fc from 'fast-check'
import { runtimeContext } from '../operators/chain-test-support.ts'
import { ManualClock } from '../operators/clock-test-support.ts'
import type { CollectLaneState } from '../sink/collect-event.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import type { SinkWriter } from '../sink/sink.ts'
import { CollectCoordinator } from './collect-coordinator.ts'
import { attempt } from './coordinator-test-support.ts'

const writerCount = 2
const recordCount = 30

interface Subtask {
  readonly name: string
  readonly writer: SinkWriter<string, never, CollectLaneState>
  /** Number of the record it writes next. */
  next: number
  /** On their way, in order. */
  readonly up: Uint8Array[]
  readonly down: Uint8Array[]
}

interface Checkpoint {
  readonly id: number
  readonly coordinator: Uint8Array
  readonly subtasks: Map<number, { next: number; state: Uint8Array }>
}

/** A collect sink of a job that writes the same again where it goes back, and its client. */
class Model {
  readonly results: string[] = []
  readonly subtasks = new Map<number, Subtask>()
  #coordinator: CollectCoordinator
  #hasFailed = false
  /** Whose states of the completed checkpoint go to another subtask. */
  #isDealtOut = false
  #epoch = 0
  #attemptNumber = 0
  #checkpointId = 0
  #pending: Checkpoint | undefined
  #completed: Checkpoint | undefined

  constructor() {
    this.#coordinator = this.#startAll()
  }

  write(index: number): void {
    const subtask = this.#subtask(index)
    if (subtask.next === recordCount || subtask.writer.blocked?.() !== undefined) return
    subtask.writer.write(`${index}:${subtask.next++}`)
  }

  flush(index: number): void {
    void this.#subtask(index).writer.flush(false)
  }

  deliverUp(index: number): void {
    const { name, up } = this.#subtask(index)
    const event = up.shift()
    if (event !== undefined) this.#coordinator.handleEvent(index, attempt(name), event)
    this.#restartIfFailed()
  }

  deliverDown(index: number): void {
    const { writer, down } = this.#subtask(index)
    const event = down.shift()
    if (event !== undefined) writer.handleEvent?.(decodeGeneric(event))
  }

  fetch(index: number): void {
    const { records, isEnd, position } = this.#coordinator.fetch(index + 1, false)
    if (records.length > 0 || isEnd) {
      assert.ok(position <= this.results.length, 'results are missing')
      this.results.length = position
    }
    for (const bytes of records) this.results.push(decodeGeneric(bytes) as string)
  }

  trigger(): void {
    if (this.#pending !== undefined) return
    const id = ++this.#checkpointId
    const coordinator = this.#coordinator.snapshot(id) ?? assert.fail('no snapshot')
    this.#pending = { id, coordinator, subtasks: new Map() }
  }

  barrier(index: number): void {
    if (this.#pending === undefined || this.#pending.subtasks.has(index)) return
    const { writer, next } = this.#subtask(index)
    void writer.flush(false)
    const state = encodeGeneric(writer.snapshotState?.(this.#pending.id))
    this.#pending.subtasks.set(index, { next, state })
  }

  complete(): void {
    if (this.#pending?.subtasks.size !== writerCount) return
    // Acknowledgements travel behind what the subtask sent.
    for (const [index, { up }] of this.subtasks) while (up.length > 0) this.deliverUp(index)
    if (this.#pending === undefined) return
    this.#completed = this.#pending
    this.#pending = undefined
    this.#isDealtOut = false
    this.#coordinator.checkpointCompleted(this.#completed.id)
  }

  abort(): void {
    if (this.#pending !== undefined) this.#coordinator.checkpointAborted(this.#pending.id)
    this.#pending = undefined
  }

  failOne(index: number): void {
    this.abort()
    const { name } = this.#subtask(index)
    this.#coordinator.readerFailed(index, attempt(name), this.#completed?.id)
    this.#register(index)
    this.#restartIfFailed()
  }

  /** `isDealtOut`: the states of all writers go to another one. */
  failAll(isDealtOut: boolean): void {
    this.#pending = undefined
    this.#coordinator.close()
    this.#isDealtOut = isDealtOut
    this.#coordinator = this.#startAll()
  }

  finish(): void {
    const isDone = (): boolean =>
      [...this.subtasks.values()].every(({ next, up }) => next === recordCount && up.length === 0)
    while (!isDone()) {
      for (let index = 0; index < writerCount; index++) {
        for (let count = 0; count < recordCount; count++) this.write(index)
        this.flush(index)
        while (this.#subtask(index).up.length > 0) this.deliverUp(index)
      }
    }
    for (;;) {
      const count = this.results.length
      this.fetch(100)
      if (this.results.length === count) return
    }
  }

  #startAll(): CollectCoordinator {
    this.#hasFailed = false
    const coordinator = new CollectCoordinator(this.#epoch++, {
      operatorName: 'results',
      parallelism: writerCount,
      restartsAsOne: false,
      clock: new ManualClock(),
      logger: silentLogger,
      sendEvent: (index, name, event) => {
        const subtask = this.#subtask(index)
        if (subtask.name === name) subtask.down.push(event)
      },
      fail: () => {
        this.#hasFailed = true
      },
    })
    this.#coordinator = coordinator
    const completed = this.#completed
    coordinator.start(
      completed === undefined
        ? undefined
        : { checkpointId: completed.id, state: completed.coordinator },
    )
    for (let index = 0; index < writerCount; index++) {
      this.#register(index)
    }
    return coordinator
  }

  #register(index: number): void {
    const name = `a${this.#attemptNumber}`
    this.#coordinator.readerRegistered(index, attempt(name))
    const statesOf = this.#isDealtOut ? [[], [0, 1]] : [[0], [1]]
    const restored = (statesOf[index] ?? []).flatMap((of) => {
      const state = this.#completed?.subtasks.get(of)?.state
      return state === undefined ? [] : (decodeGeneric(state) as CollectLaneState[])
    })
    const up: Uint8Array[] = []
    const context = {
      ...runtimeContext(() => assert.fail('a sink has no keyed state')),
      subtaskIndex: index,
      attemptNumber: this.#attemptNumber++,
      clock: new ManualClock(),
      logger: silentLogger,
      restoredCheckpointId: this.#completed?.id,
      sendEventToCoordinator: (event: unknown) => void up.push(encodeGeneric(event)),
    }
    const writer = new CollectSink<string>().createWriter(context, restored)
    const next = this.#completed?.subtasks.get(index)?.next ?? 0
    this.subtasks.set(index, { name, writer, next, up, down: [] })
  }

  #restartIfFailed(): void {
    if (!this.#hasFailed) return
    assert.ok(this.#epoch < 300, 'it begins again for ever')
    this.failAll(this.#isDealtOut)
  }

  #subtask(index: number): Subtask {
    return this.subtasks.get(index) ?? assert.fail(`no subtask ${index}`)
  }
}

const index = fc.nat({ max: writerCount - 1 })
const of = <Kind extends string>(kind: Kind, weight: number) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant(kind), index }),
})
const step = fc.oneof(
  of('write', 12),
  of('flush', 6),
  of('deliverUp', 10),
  of('deliverDown', 10),
  of('fetch', 8),
  of('trigger', 6),
  of('barrier', 10),
  of('complete', 8),
  of('abort', 1),
  of('failOne', 1),
  of('failAll', 1),
)

test('each record is among the results once, whatever fails and goes back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 250, size: 'max' }), (steps) => {
      const model = new Model()
      for (const { kind, index: at } of steps) {
        if (kind === 'failAll') model.failAll(at === 1)
        else model[kind](at)
      }
      model.finish()
      const all = Array.from({ length: writerCount }, (_, writer) =>
        Array.from({ length: recordCount }, (_, number) => `${writer}:${number}`),
      )
      const found = all.map((_, writer) => model.results.filter((r) => r.startsWith(`${writer}:`)))
      // Records that another subtask sends again may come behind later ones.
      const isDealtOut = steps.some(({ kind, index: at }) => kind === 'failAll' && at === 1)
      const number = (record: string): number => Number(record.split(':')[1])
      if (isDealtOut) for (const own of found) own.sort((a, b) => number(a) - number(b))
      assert.deepEqual(found, all)
    }),
    { numRuns: 400 },
  )
})
