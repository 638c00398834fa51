import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/core'
import fc from 'fast-check'
import { ManualClock } from '../operators/clock-test-support.ts'
import type { Source } from '../source/source.ts'
import { decodeReaderEvent, encodeSourceEvent } from '../source/source-event.ts'
import { StaticSplitEnumerator } from '../source/static-split-enumerator.ts'
import { attempt } from './coordinator-test-support.ts'
import { SourceCoordinator } from './source-coordinator.ts'

const splitCount = 12
const readerCount = 3

interface Checkpoint {
  readonly id: number
  readonly enumerator: Uint8Array
  readonly readers: Map<number, readonly number[]>
}

/**
 * One source with its readers, and a checkpoint at a time. A reader is what it holds: a checkpoint
 * takes that when its barrier comes, which is some steps after the enumerator was asked.
 */
class Model {
  readonly enumerators: StaticSplitEnumerator<number>[] = []
  readonly failures: unknown[] = []
  readonly readers = new Map<number, { name: string; splits: number[] }>()
  pending: Checkpoint | undefined
  completed: Checkpoint | undefined
  #coordinator: SourceCoordinator
  #checkpointId = 0
  #attemptCount = 0

  constructor() {
    this.#coordinator = this.#startAll()
  }

  request(reader: number): void {
    const { name } = this.#reader(reader)
    const event = encodeSourceEvent({ kind: 'request-split' })
    this.#coordinator.handleEvent(reader, attempt(name), event)
  }

  trigger(): void {
    if (this.pending !== undefined) return
    const id = ++this.#checkpointId
    const enumerator = this.#coordinator.snapshot(id) ?? assert.fail('no snapshot')
    // What was assigned reaches readers ahead of the trigger: they take part at once, or later.
    this.pending = { id, enumerator, readers: new Map() }
    for (const [reader, { splits }] of this.readers) this.pending.readers.set(reader, [...splits])
  }

  complete(): void {
    if (this.pending === undefined) return
    this.completed = this.pending
    this.pending = undefined
    this.#coordinator.checkpointCompleted(this.completed.id)
  }

  abort(): void {
    this.pending = undefined
    this.#coordinator.checkpointAborted()
  }

  /** One reader begins again from the latest checkpoint. */
  failReader(reader: number): void {
    this.abort()
    const { name } = this.#reader(reader)
    this.#coordinator.readerFailed(reader, attempt(name), this.completed?.id)
    this.#register(reader)
  }

  failAll(): void {
    this.abort()
    this.#coordinator.close()
    this.readers.clear()
    this.#coordinator = this.#startAll()
  }

  check(): void {
    const live = [...this.readers.values()].flatMap(({ splits }) => splits)
    const left = this.enumerators.at(-1)?.snapshotState() ?? []
    sameSplits([...live, ...left])
    assert.deepEqual(this.failures, [])
  }

  #startAll(): SourceCoordinator {
    const source: Source<number, number, readonly number[]> = {
      kind: 'numbers',
      boundedness: 'bounded',
      createEnumerator: (context, restored) => {
        const all = Array.from({ length: splitCount }, (_, split) => split)
        const enumerator = new StaticSplitEnumerator(context, restored ?? all)
        this.enumerators.push(enumerator)
        return enumerator
      },
      createReader: () => assert.fail('the job host makes no reader'),
    }
    this.#coordinator = new SourceCoordinator(source as Source<unknown>, {
      operatorName: 'numbers',
      parallelism: readerCount,
      restartsAsOne: false,
      clock: new ManualClock(),
      logger: silentLogger,
      sendEvent: (reader, name, bytes) => {
        const event = decodeReaderEvent(bytes)
        const live = this.#reader(reader)
        assert.equal(live.name, name)
        if (event.kind === 'add-splits') live.splits.push(...(event.splits as number[]))
      },
      fail: (error) => void this.failures.push(error),
    })
    const { completed } = this
    this.#coordinator.start(
      completed === undefined
        ? undefined
        : { checkpointId: completed.id, state: completed.enumerator },
    )
    for (let reader = 0; reader < readerCount; reader++) this.#register(reader)
    return this.#coordinator
  }

  #register(reader: number): void {
    const name = `a${this.#attemptCount++}`
    const splits = [...(this.completed?.readers.get(reader) ?? [])]
    this.readers.set(reader, { name, splits })
    this.#coordinator.readerRegistered(reader, attempt(name))
  }

  #reader(reader: number): { name: string; splits: number[] } {
    return this.readers.get(reader) ?? assert.fail(`no reader ${reader}`)
  }
}

function sameSplits(splits: readonly number[]): void {
  const sorted = [...splits].sort((a, b) => a - b)
  assert.deepEqual(
    sorted,
    Array.from({ length: splitCount }, (_, split) => split),
  )
}

const reader = fc.nat({ max: readerCount - 1 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('request' as const), reader }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'trigger' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'complete' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'abort' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failReader' as const), reader }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'failAll' as const }) },
)

test('a split is always in one place: the enumerator, or one reader', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const model = new Model()
      for (const next of steps) {
        if ('reader' in next) model[next.kind](next.reader)
        else model[next.kind]()
        model.check()
      }
    }),
    { numRuns: 500 },
  )
})

test('a reader that goes back behind the latest checkpoint takes the enumerator along', () => {
  const model = new Model()
  model.request(0)
  model.trigger()
  model.complete()
  model.completed = undefined
  model.failReader(0)
  assert.equal((model.failures[0] as { code: string }).code, 'SOURCE_FAILED')
})

test('so does one that goes back behind what the enumerator itself began with', () => {
  const model = new Model()
  model.trigger()
  model.complete()
  const earlier = model.completed
  model.request(0)
  model.trigger()
  model.complete()
  model.failAll()
  model.completed = earlier
  model.failReader(0)
  assert.equal((model.failures[0] as { code: string }).code, 'SOURCE_FAILED')
})
