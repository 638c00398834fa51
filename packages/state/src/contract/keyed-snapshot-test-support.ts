// What the snapshots of every keyed state backend do. `testKeyedSnapshots` declares the tests.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ExecutionAttemptId,
  hashKey,
  type KeyedStateHandle,
  keyGroupCount,
  MillraceError,
} from '@millrace/core'
import type { KeyedStateBackend } from '../keyed-state-backend.ts'
import {
  type CreateSnapshotted,
  testSnapshotsAgainstModel,
} from './keyed-snapshot-model-test-support.ts'
import { MemoryCheckpointStorage } from './memory-checkpoint-storage-test-support.ts'
import { testRestoredNames } from './restored-names-test-support.ts'
import { TestClock } from './test-clock-test-support.ts'

const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const everyKeyGroup = { start: 0, end: keyGroupCount }
const valueDescription = { kind: 'value', name: 'v', type: undefined, ttl: undefined } as const
const listDescription = { kind: 'list', name: 'l', elementType: undefined, ttl: undefined } as const

export function testKeyedSnapshots(name: string, create: CreateSnapshotted): void {
  testEncoding(name, create)
  testFailures(name, create)
  testDamage(name, create)
  testChains(name, create)
  testStates(name, create)
  testRestoredNames(name, create)
  testSnapshotsAgainstModel(name, create)
}

class Setting {
  readonly storage = new MemoryCheckpointStorage()
  readonly clock = new TestClock()
  readonly backend: KeyedStateBackend
  readonly #create: CreateSnapshotted

  constructor(create: CreateSnapshotted) {
    this.#create = create
    this.backend = this.open()
  }

  open(): KeyedStateBackend {
    return this.#create(this.clock, everyKeyGroup, { baseSizeBytes: 0 })
  }

  use(key: unknown, backend: KeyedStateBackend = this.backend): void {
    backend.setCurrentKey(key, hashKey(key))
  }

  /** Values of the state 'v' of keys from 0 on. */
  put(from: number, to: number, value: unknown): void {
    const state = this.backend.getValueState<unknown>(valueDescription)
    for (let key = from; key < to; key++) {
      this.use(key)
      state.update(value)
    }
  }

  async checkpoint(checkpointId: number): Promise<KeyedStateHandle> {
    const snapshot = this.backend.seal(checkpointId)
    assert.equal(snapshot.encode(Number.POSITIVE_INFINITY), true)
    return snapshot.write(this.storage, attemptId)
  }

  async restored(handle: KeyedStateHandle): Promise<KeyedStateBackend> {
    const backend = this.open()
    await backend.restore([handle], this.storage)
    return backend
  }

  /** What a chain has for keys from 0 on, in the state 'v'. */
  async values(handle: KeyedStateHandle, count: number): Promise<unknown[]> {
    const backend = await this.restored(handle)
    const state = backend.getValueState<unknown>(valueDescription)
    const values = Array.from({ length: count }, (_, key) => {
      this.use(key, backend)
      return state.value()
    })
    backend.close()
    return values
  }
}

function testEncoding(name: string, create: CreateSnapshotted): void {
  test(`${name}: a change before update() is in no checkpoint`, async () => {
    const setting = new Setting(create)
    const { backend, storage } = setting
    setting.put(0, 100, { n: 1, list: [1] })
    const state = backend.getValueState<{ n: number; list: number[] }>(valueDescription)
    setting.use(99)
    const got = state.value()
    const snapshot = backend.seal(1)
    snapshot.encode(0)
    assert.ok(got !== undefined)
    got.n = 2
    got.list.push(2)
    snapshot.encode(0)
    state.update(got)
    got.n = 3
    setting.put(50, 60, { n: 4, list: [] })
    setting.use(70)
    state.clear()
    setting.put(100, 110, { n: 5, list: [] })
    while (!snapshot.encode(0));
    const handle = await snapshot.write(storage, attemptId)
    const before = Array.from({ length: 100 }, () => ({ n: 1, list: [1] }))
    assert.deepEqual(await setting.values(handle, 110), [...before, ...Array(10).fill(undefined)])
    const next = await setting.values(await setting.checkpoint(2), 110)
    assert.deepEqual(
      [next[99], next[55]?.valueOf(), next[70]],
      [{ n: 2, list: [1, 2] }, { n: 4, list: [] }, undefined],
    )
    assert.deepEqual(next[109], { n: 5, list: [] })
  })

  test(`${name}: a seal finishes an earlier snapshot first that is not encoded`, async () => {
    const setting = new Setting(create)
    setting.put(0, 50, 'first')
    const first = setting.backend.seal(1)
    setting.put(0, 10, 'second')
    const second = setting.backend.seal(2)
    setting.put(0, 50, 'third')
    assert.equal(first.encode(0), true)
    while (!second.encode(0));
    // The later one is durable only when the earlier one is.
    const later = second.write(setting.storage, attemptId)
    const earlier = first.write(setting.storage, attemptId)
    const expected = Array<string>(50).fill('first')
    assert.deepEqual(await setting.values(await earlier, 50), expected)
    assert.deepEqual(await setting.values(await later, 50), expected.fill('second', 0, 10))
  })

  test(`${name}: elements that were added to a list are appended, not written again`, async () => {
    const setting = new Setting(create)
    const state = setting.backend.getListState<string>(listDescription)
    setting.use('a')
    state.add('x'.repeat(5000))
    await setting.checkpoint(1)
    state.add('y')
    const handle = await setting.checkpoint(2)
    assert.ok((handle.segments.at(-1)?.sizeBytes ?? 0) < 1500)
    const backend = await setting.restored(handle)
    setting.use('a', backend)
    assert.deepEqual(backend.getListState(listDescription).get(), ['x'.repeat(5000), 'y'])
  })
}

function testFailures(name: string, create: CreateSnapshotted): void {
  test(`${name}: what an aborted checkpoint wrote stays in the chain`, async () => {
    const setting = new Setting(create)
    setting.put(0, 20, 1)
    const first = await setting.checkpoint(1)
    setting.put(0, 5, 2)
    const aborted = await setting.checkpoint(2)
    setting.put(5, 6, 3)
    const third = await setting.checkpoint(3)
    const names = third.segments.map((segment) => segment.name)
    for (const { name } of [...first.segments, ...aborted.segments]) assert.ok(names.includes(name))
    assert.deepEqual(await setting.values(third, 7), [2, 2, 2, 2, 2, 3, 1])
  })

  test(`${name}: what could not be written is part of the next snapshot`, async () => {
    const setting = new Setting(create)
    const { backend, storage } = setting
    setting.put(0, 20, 1)
    await setting.checkpoint(1)
    setting.put(0, 5, 2)
    setting.use(19)
    backend.getValueState(valueDescription).clear()
    const failing = backend.seal(2)
    while (!failing.encode(0));
    storage.holdsWrites = true
    const written = failing.write(storage, attemptId)
    const refused = assert.rejects(written, { code: 'FILE_WRITE_FAILED' })
    while (storage.waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
    setting.put(4, 6, 3)
    const next = backend.seal(3)
    storage.waiting.shift()?.end(false)
    await refused
    storage.holdsWrites = false
    // It was sealed when the one before was still to become durable.
    assert.equal(next.encode(Number.POSITIVE_INFINITY), true)
    await assert.rejects(next.write(storage, attemptId), { code: 'CHECKPOINT_DECLINED' })
    const handle = await setting.checkpoint(4)
    const values = await setting.values(handle, 20)
    assert.deepEqual(values.slice(0, 7), [2, 2, 2, 2, 3, 3, 1])
    assert.equal(values[19], undefined)
  })

  test(`${name}: a snapshot is discarded at any time, and the next one has it`, async () => {
    const setting = new Setting(create)
    setting.put(0, 200, 1)
    setting.backend.seal(1).discard()
    setting.put(0, 10, 2)
    const second = setting.backend.seal(2)
    second.encode(0)
    setting.put(5, 15, 3)
    second.discard()
    const values = await setting.values(await setting.checkpoint(3), 200)
    const expected = Array<number>(200).fill(1).fill(2, 0, 5).fill(3, 5, 15)
    assert.deepEqual(values, expected)
  })
}

function testDamage(name: string, create: CreateSnapshotted): void {
  test(`${name}: nothing of a damaged or missing segment is restored`, async () => {
    const setting = new Setting(create)
    const { storage } = setting
    setting.put(0, 20, 'old')
    await setting.checkpoint(1)
    setting.put(0, 5, 'new')
    const handle = await setting.checkpoint(2)
    const file = handle.segments.at(-1)?.name ?? ''
    const content = storage.files.get(file) ?? new Uint8Array()
    const damaged = content.slice()
    const middle = damaged.length >>> 1
    damaged[middle] = (damaged[middle] ?? 0) ^ 1
    for (const bytes of [damaged, content.subarray(0, -1), undefined]) {
      if (bytes === undefined) storage.files.delete(file)
      else storage.files.set(file, bytes)
      const backend = setting.open()
      await assert.rejects(backend.restore([handle], storage), (error) => {
        assert.ok(error instanceof MillraceError)
        assert.equal(error.code, 'CHECKPOINT_CORRUPT')
        assert.ok(error.message.includes(file))
        return true
      })
      setting.use(0, backend)
      assert.notEqual(backend.getValueState(valueDescription).value(), 'new')
      backend.close()
    }
  })
}

function testChains(name: string, create: CreateSnapshotted): void {
  test(`${name}: where nothing has changed, nothing is written`, async () => {
    const setting = new Setting(create)
    assert.deepEqual((await setting.checkpoint(1)).segments, [])
    setting.put(0, 3, 1)
    const handle = await setting.checkpoint(2)
    assert.deepEqual(await setting.checkpoint(3), handle)
    assert.equal(setting.storage.files.size, 1)
  })

  test(`${name}: a chain stays short, and has what was deleted no more`, async () => {
    const setting = new Setting(create)
    const { backend } = setting
    const state = backend.getValueState<number>(valueDescription)
    setting.put(0, 1000, 0)
    let handle = await setting.checkpoint(1)
    const expected: (number | undefined)[] = Array<number>(1000).fill(0)
    for (let id = 2; id < 100; id++) {
      setting.use(id)
      state.clear()
      setting.put(id + 200, id + 205, id)
      expected[id] = undefined
      expected.fill(id, id + 200, id + 205)
      handle = await setting.checkpoint(id)
      assert.ok(handle.segments.length <= 23, `${handle.segments.length} segments`)
    }
    assert.deepEqual(await setting.values(handle, 1000), expected)
  })
}

function testStates(name: string, create: CreateSnapshotted): void {
  test(`${name}: a state that is asked for late is in the next snapshot`, async () => {
    const setting = new Setting(create)
    setting.put(0, 5, 1)
    await setting.checkpoint(1)
    const late = setting.backend.getListState<number>(listDescription)
    setting.use('a')
    late.add(7)
    const timer = { key: 'a', keyHash: hashKey('a'), namespace: '', timestamp: 5 }
    setting.backend.getTimerQueue('t').register(timer)
    const restored = await setting.restored(await setting.checkpoint(2))
    setting.use('a', restored)
    assert.deepEqual(restored.getListState(listDescription).get(), [7])
    assert.deepEqual(restored.getTimerQueue('t').poll(), timer)
  })

  test(`${name}: what a program does not ask for any more is kept`, async () => {
    const setting = new Setting(create)
    setting.put(0, 5, 1)
    const second = await setting.restored(await setting.checkpoint(1))
    const other = second.getListState<number>(listDescription)
    setting.use(0, second)
    other.add(1)
    const snapshot = second.seal(2)
    while (!snapshot.encode(1));
    const handle = await snapshot.write(setting.storage, attemptId)
    assert.deepEqual(await setting.values(handle, 5), [1, 1, 1, 1, 1])
  })

  test(`${name}: a restored state that is asked for as another kind is refused`, async () => {
    const setting = new Setting(create)
    setting.put(0, 1, 1)
    const restored = await setting.restored(await setting.checkpoint(1))
    assert.throws(() => restored.getListState({ ...listDescription, name: 'v' }), {
      code: 'STATE_INCOMPATIBLE',
      message: /State 'v' cannot be restored .*: it was saved as one of kind 'value'/,
    })
  })

  test(`${name}: a time to live that is new counts from the restore on`, async () => {
    const setting = new Setting(create)
    setting.put(0, 3, 1)
    const list = setting.backend.getListState<number>(listDescription)
    setting.use(0)
    list.addAll([1, 2])
    const handle = await setting.checkpoint(1)
    setting.clock.nowMs += 1000
    const restored = await setting.restored(handle)
    const ttl = { ms: 10 }
    const value = restored.getValueState({ ...valueDescription, ttl })
    const expiring = restored.getListState({ ...listDescription, ttl })
    setting.use(0, restored)
    setting.clock.nowMs += 9
    assert.deepEqual([value.value(), expiring.get()], [1, [1, 2]])
    setting.clock.nowMs += 1
    assert.deepEqual([value.value(), expiring.get()], [undefined, []])
  })
}
