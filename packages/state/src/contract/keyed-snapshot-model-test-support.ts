// Random operations on states of every kind and on timers, with checkpoints that are encoded bit by
// bit, written, aborted and fail in between. Whatever became durable has to be what a model was at
// its seal, for one subtask and for two.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ExecutionAttemptId,
  hashKey,
  type KeyedStateHandle,
  type KeyGroupRange,
  keyGroupCount,
  keyGroupOf,
  type StateTtlConfig,
} from '@millrace/core'
import fc from 'fast-check'
import type { BackendClock, KeyedStateBackend } from '../keyed-state-backend.ts'
import type { KeyedSnapshot } from '../snapshot/keyed-snapshot.ts'
import type { SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
import {
  apply,
  commandOf,
  makeKey,
  makeNamespaces,
  realStates,
  type States,
  ttls,
} from './keyed-state-model-test-support.ts'
import { MemoryCheckpointStorage } from './memory-checkpoint-storage-test-support.ts'
import { keyText } from './model-state-test-support.ts'
import { readSavedContents } from './saved-contents-test-support.ts'
import { isSameTimer, type ModelTimer, SnapshotModel } from './snapshot-model-test-support.ts'
import { TestClock } from './test-clock-test-support.ts'

/** Makes a backend without any state for these key groups. */
export type CreateSnapshotted = (
  clock: BackendClock,
  keyGroups: KeyGroupRange,
  options: SnapshotSequenceOptions,
) => KeyedStateBackend

const everyKeyGroup = { start: 0, end: keyGroupCount }
const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const keyCount = 8

const timerStep = fc.record({
  kind: fc.constantFrom('register', 'register', 'delete', 'poll'),
  key: fc.nat(keyCount - 1),
  namespace: fc.constantFrom('', 'w'),
  timestamp: fc.integer({ min: -2, max: 6 }),
})
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ state: commandOf }) },
  { weight: 5, arbitrary: fc.record({ timer: timerStep }) },
  {
    weight: 6,
    arbitrary: fc.record({
      checkpoint: fc.constantFrom('seal', 'seal', 'encode', 'write', 'discard'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ storage: fc.constantFrom('turn', 'write', 'write', 'fail') }),
  },
)
const runOf = fc.record({
  firstKey: fc.nat(14),
  steps: fc.array(step, { maxLength: 200, size: 'max' }),
  laterMs: fc.nat(12),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
type Run = typeof runOf extends fc.Arbitrary<infer R> ? R : never
type TimerStep = typeof timerStep extends fc.Arbitrary<infer T> ? T : never

export function testSnapshotsAgainstModel(
  name: string,
  create: CreateSnapshotted,
  lives: readonly (StateTtlConfig | undefined)[] = ttls,
): void {
  for (const [index, ttl] of [undefined, ...lives].entries()) {
    const what = ttl === undefined ? 'forever' : JSON.stringify(ttl)
    const baseSizeBytes = [200, 0, 1e6][index % 3] ?? 0
    const which = `entries live ${what}, bases have ${baseSizeBytes} bytes`
    test(`${name}: snapshots have what a model has; ${which}`, () =>
      fc.assert(
        fc.asyncProperty(runOf, (run) =>
          new SnapshotRun(create, ttl, baseSizeBytes, run).compare(),
        ),
        { numRuns: 30 },
      ))
  }
}

interface Taken {
  readonly snapshot: KeyedSnapshot
  readonly model: SnapshotModel
  isWriting: boolean
}

interface Durable {
  readonly handle: KeyedStateHandle
  readonly model: SnapshotModel
}

class SnapshotRun {
  readonly #create: CreateSnapshotted
  readonly #ttl: StateTtlConfig | undefined
  readonly #run: Run
  readonly #baseSizeBytes: number
  readonly #clock = new TestClock()
  readonly #storage = new MemoryCheckpointStorage()
  readonly #backend: KeyedStateBackend
  readonly #model: SnapshotModel
  readonly #taken: Taken[] = []
  readonly #durable: Durable[] = []
  readonly #writes: Promise<void>[] = []
  #checkpointId = 0

  constructor(
    create: CreateSnapshotted,
    ttl: StateTtlConfig | undefined,
    baseSizeBytes: number,
    run: Run,
  ) {
    this.#create = create
    this.#ttl = ttl
    this.#run = run
    this.#baseSizeBytes = baseSizeBytes
    this.#backend = create(this.#clock, everyKeyGroup, { baseSizeBytes, segmentSizeMaxBytes: 400 })
    this.#model = SnapshotModel.empty(this.#clock, ttl)
    this.#storage.holdsWrites = true
  }

  async compare(): Promise<void> {
    const real = realStates(this.#backend, this.#ttl)
    this.#select(this.#backend, real, this.#model, { key: 0, namespace: 0 })
    for (const step of this.#run.steps) {
      if ('state' in step) this.#doState(step.state, real)
      else if ('timer' in step) this.#doTimer(step.timer)
      else if ('checkpoint' in step) this.#doCheckpoint(step.checkpoint)
      else await this.#doStorage(step.storage)
    }
    await this.#settleAll()
    // The last one, and some that later ones were built upon.
    for (const durable of this.#durable.slice(-3)) await this.#compareRestored(durable)
    this.#backend.close()
  }

  #doState(command: Extract<Step, { state: unknown }>['state'], real: States): void {
    if (command.kind === 'clock') {
      this.#clock.nowMs += command.amount
    } else if (command.kind === 'clean') {
      for (let slice = 0; slice < 200; slice++) this.#backend.cleanUpExpired(command.amount + 1)
      for (const each of this.#model.entries) each.cleanUp()
    } else {
      if (command.setsKey) this.#select(this.#backend, real, this.#model, command)
      const { firstKey } = this.#run
      const expected = apply(this.#model.states, command, firstKey)
      assert.deepEqual(apply(real, command, firstKey), expected)
    }
  }

  #select(
    backend: KeyedStateBackend,
    real: States,
    model: SnapshotModel,
    { key, namespace }: { readonly key: number; readonly namespace: number },
  ): void {
    const chosen = makeKey(this.#run.firstKey + key)
    const own = makeNamespaces[namespace]?.()
    backend.setCurrentKey(chosen, hashKey(chosen))
    for (const state of Object.values(real)) state.setCurrentNamespace(own)
    model.cell = cellOf(chosen, own)
  }

  #doTimer({ kind, key, namespace, timestamp }: TimerStep): void {
    const queue = this.#backend.getTimerQueue('timers')
    const chosen = makeKey(this.#run.firstKey + key)
    const timer = { key: chosen, keyHash: hashKey(chosen), namespace, timestamp }
    const own: ModelTimer = {
      ...{ namespace, timestamp },
      key: keyText(chosen),
      hash: timer.keyHash,
    }
    const { timers } = this.#model
    const found = timers.findIndex((each) => isSameTimer(each, own))
    if (kind === 'register') {
      assert.equal(queue.register(timer), found < 0)
      if (found < 0) timers.push(own)
    } else if (kind === 'delete') {
      assert.equal(queue.delete(timer), found >= 0)
      if (found >= 0) timers.splice(found, 1)
    } else {
      const polled = queue.poll()
      const next = timers.toSorted((one, other) => one.timestamp - other.timestamp)[0]
      assert.equal(polled && keyText(polled.key), next?.key)
      if (next !== undefined) timers.splice(timers.indexOf(next), 1)
    }
  }

  #doCheckpoint(operation: 'seal' | 'encode' | 'write' | 'discard'): void {
    const open = this.#taken.filter(({ isWriting }) => !isWriting)
    const [first] = open
    const last = open.at(-1)
    if (operation === 'seal') {
      if (this.#taken.length >= 3) return
      const snapshot = this.#backend.seal(++this.#checkpointId)
      this.#taken.push({ snapshot, model: this.#model.copy(), isWriting: false })
    } else if (operation === 'encode') {
      last?.snapshot.encode(0)
    } else if (operation === 'write') {
      if (first === undefined || !first.snapshot.encode(open.length > 1 ? Infinity : 0)) return
      this.#write(first)
    } else if (last !== undefined) {
      last.snapshot.discard()
      this.#taken.splice(this.#taken.indexOf(last), 1)
    }
  }

  #write(taken: Taken): void {
    taken.isWriting = true
    const written = taken.snapshot.write(this.#storage, attemptId).then(
      (handle) => {
        this.#durable.push({ handle, model: taken.model })
      },
      (error: unknown) => {
        assert.match((error as { code: string }).code, /FILE_WRITE_FAILED|CHECKPOINT_DECLINED/)
      },
    )
    this.#writes.push(
      written.finally(() => {
        this.#taken.splice(this.#taken.indexOf(taken), 1)
      }),
    )
  }

  async #doStorage(operation: 'turn' | 'write' | 'fail'): Promise<void> {
    if (operation !== 'turn') this.#storage.waiting.shift()?.end(operation === 'write')
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** One more is sealed, and everything is written. */
  async #settleAll(): Promise<void> {
    const snapshot = this.#backend.seal(++this.#checkpointId)
    this.#taken.push({ snapshot, model: this.#model.copy(), isWriting: false })
    const isLast = (): boolean => this.#durable.at(-1)?.handle !== undefined
    for (const taken of this.#taken.filter(({ isWriting }) => !isWriting)) {
      assert.equal(taken.snapshot.encode(Infinity), true)
      this.#write(taken)
    }
    let isSettled = false
    const all = Promise.all(this.#writes).then(() => {
      isSettled = true
    })
    while (!isSettled) await this.#doStorage('write')
    await all
    assert.ok(isLast(), 'The last snapshot became durable')
  }

  async #compareRestored({ handle, model }: Durable): Promise<void> {
    const cut = 16_000
    const half = [
      { start: 0, end: cut },
      { start: cut, end: keyGroupCount },
    ]
    await this.#compareRead([handle], model)
    const whole = await this.#compareIn(everyKeyGroup, [handle], model)
    const parts: KeyedStateHandle[] = []
    for (const range of half) parts.push(await this.#compareIn(range, [handle], model))
    await this.#compareRead(parts, model)
    // What was split is put together again, and what was restored is the beginning of a chain.
    await this.#compareIn(everyKeyGroup, parts, model)
    await this.#compareIn(everyKeyGroup, [whole], model)
  }

  /** Who looks inside without restoring finds the same. */
  async #compareRead(handles: readonly KeyedStateHandle[], sealed: SnapshotModel): Promise<void> {
    const startMs = this.#clock.nowMs
    const nowMs = sealed.sealedAtMs + this.#run.laterMs
    this.#clock.nowMs = nowMs
    const { cells, timers } = await readSavedContents(this.#storage, handles, {
      ...{ ttl: this.#ttl, nowMs },
    })
    const model = sealed.copy()
    for (let key = 0; key < keyCount; key++) {
      for (const namespace of makeNamespaces) {
        model.cell = cellOf(makeKey(this.#run.firstKey + key), namespace())
        assert.deepEqual(savedContents(cells.get(model.cell)), contents(model.states))
      }
    }
    const textOf = (key: string, { namespace = '', timestamp }: Timestamped): string =>
      `${key} ${String(namespace)} ${timestamp}`
    assert.deepEqual(
      timers.map((timer) => textOf(keyText(timer.key), timer)).sort(),
      sealed.timers.map((timer) => textOf(timer.key, timer)).sort(),
    )
    this.#clock.nowMs = startMs
  }

  /** Returns the chain of a snapshot of what was restored, with one change more. */
  async #compareIn(
    keyGroups: KeyGroupRange,
    handles: readonly KeyedStateHandle[],
    sealed: SnapshotModel,
  ): Promise<KeyedStateHandle> {
    const storage = this.#storage
    const backend = this.#create(this.#clock, keyGroups, { baseSizeBytes: this.#baseSizeBytes })
    // A state may be asked for before it is restored, or after.
    if (this.#run.laterMs % 2 === 0) realStates(backend, this.#ttl)
    await backend.restore(handles, storage)
    const extra = ++this.#checkpointId
    const ownKey = [...Array(200).keys()].find((key) => isIn(hashKey(key + 1000), keyGroups)) ?? 0
    const other = backend.getValueState({ ...extraState })
    backend.setCurrentKey(ownKey + 1000, hashKey(ownKey + 1000))
    other.update(extra)
    storage.holdsWrites = false
    const snapshot = backend.seal(extra)
    assert.equal(snapshot.encode(Infinity), true)
    const handle = await snapshot.write(storage, attemptId)
    storage.holdsWrites = true
    this.#compareContents(backend, keyGroups, sealed.copy())
    backend.close()
    return handle
  }

  #compareContents(
    backend: KeyedStateBackend,
    keyGroups: KeyGroupRange,
    model: SnapshotModel,
  ): void {
    const startMs = this.#clock.nowMs
    this.#clock.nowMs = model.sealedAtMs + this.#run.laterMs
    const real = realStates(backend, this.#ttl)
    for (let key = 0; key < keyCount; key++) {
      if (!isIn(hashKey(makeKey(this.#run.firstKey + key)), keyGroups)) continue
      for (let namespace = 0; namespace < makeNamespaces.length; namespace++) {
        this.#select(backend, real, model, { key, namespace })
        assert.deepEqual(contents(real), contents(model.states))
      }
    }
    const queue = backend.getTimerQueue('timers')
    const polled: unknown[] = []
    for (let timer = queue.poll(); timer !== undefined; timer = queue.poll()) {
      polled.push([keyText(timer.key), timer.namespace, timer.timestamp])
    }
    const expected = model.timers
      .filter(({ hash }) => isIn(hash, keyGroups))
      .toSorted((one, other) => one.timestamp - other.timestamp)
    assert.deepEqual(
      polled,
      expected.map(({ key, namespace, timestamp }) => [key, namespace, timestamp]),
    )
    this.#clock.nowMs = startMs
  }
}

const extraState = { kind: 'value', name: 'extra', type: undefined, ttl: undefined } as const

interface Timestamped {
  readonly namespace?: unknown
  readonly timestamp: number
}

/** What the model calls a key in a namespace. */
function cellOf(key: unknown, namespace: unknown): string {
  return `${keyText(key)} ${namespace === undefined ? '' : keyText(namespace)}`
}

function isIn(hash: number, { start, end }: KeyGroupRange): boolean {
  const keyGroup = keyGroupOf(hash)
  return keyGroup >= start && keyGroup < end
}

/** All that the current key has in the current namespace. */
function contents(states: States): unknown {
  return {
    value: states.value.value(),
    list: states.list.get(),
    map: [...states.map.entries()]
      .map(([key, value]) => [keyText(key), value] as const)
      .sort(byKey),
    reducing: states.reducing.get(),
    aggregating: states.aggregating.get(),
  }
}

/** The same of what was read without restoring it. */
function savedContents(states: ReadonlyMap<string, readonly unknown[]> | undefined): unknown {
  const accumulator = states?.get('aggregating')?.[0] as { texts: string[] } | undefined
  return {
    value: states?.get('value')?.[0],
    list: states?.get('list') ?? [],
    map: ((states?.get('map') ?? []) as (readonly [string, unknown])[]).toSorted(byKey),
    reducing: states?.get('reducing')?.[0],
    aggregating: accumulator?.texts.join('+'),
  }
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}
