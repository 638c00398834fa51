// What a snapshot of a heap backend costs: the seal, the slices of encoding and writing, the
// longest time for which nothing else has its turn, and restoring. With 1 M keys of numbers, or as
// many as the argument says. Anything else that runs on the machine makes the longest times longer.
//   node --conditions=source test/benchmark/micro/snapshot.ts [keys]

import {
  type CheckpointStorage,
  ExecutionAttemptId,
  hashKey,
  type KeyedStateHandle,
  MillraceError,
} from '@millrace/core'
import { HeapKeyedStateBackend, type KeyedSnapshot } from '@millrace/state'

const keyCount = Number(process.argv[2] ?? 1_000_000)
const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const everyKeyGroup = { start: 0, end: 32_768 }
const description = { kind: 'value', name: 'count', type: undefined, ttl: undefined } as const
const files = new Map<string, Uint8Array>()
const clock = { now: () => Date.now(), monotonicMs: () => performance.now(), setImmediate }

const storage: CheckpointStorage = {
  location: 'memory',
  write: (name, content) => {
    files.set(name, content)
    return Promise.resolve()
  },
  create: (name, content) => storage.write(name, content).then(() => true),
  read: (name) => {
    const content = files.get(name)
    if (content !== undefined) return Promise.resolve(content)
    return Promise.reject(new MillraceError('FILE_NOT_FOUND', name))
  },
  readRange: async (name, offset, length) => {
    return (await storage.read(name)).subarray(offset, offset + length)
  },
  copyFrom: async (source, name) => {
    await storage.write(name, await source.read(name))
  },
  delete: () => Promise.resolve(),
  list: () => Promise.resolve([...files.keys()]),
  inspect: () => Promise.resolve([]),
  removeEmptyFolders: () => Promise.resolve(),
}

/** Times of turns of the event loop, while something goes on in it. */
async function turnsOf(work: Promise<unknown>): Promise<readonly number[]> {
  const turns: number[] = []
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  for (let last = performance.now(); !isOver; ) {
    await new Promise((resolve) => setImmediate(resolve))
    const now = performance.now()
    turns.push(now - last)
    last = now
  }
  await over
  return turns
}

function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(46)} ${value}\n`)
}

const ms = (value: number): string => `${value.toFixed(2)} ms`
const longest = (times: readonly number[]): number => times.reduce((a, b) => Math.max(a, b), 0)
const sum = (times: readonly number[]): number => times.reduce((a, b) => a + b, 0)

const hashes = Int32Array.from({ length: keyCount }, (_, key) => hashKey(key))
const backend = new HeapKeyedStateBackend(clock)
const state = backend.getValueState<number>(description)

function update(from: number, to: number, value: number): number {
  const start = performance.now()
  for (let key = from; key < to; key++) {
    backend.setCurrentKey(key, hashes[key] as number)
    state.update(key + value)
  }
  return performance.now() - start
}

async function report(name: string, id: number, changed: number): Promise<KeyedStateHandle> {
  const start = performance.now()
  const snapshot: KeyedSnapshot = backend.seal(id)
  const sealMs = performance.now() - start
  const slices: number[] = []
  for (let isDone = false; !isDone; ) {
    const from = performance.now()
    isDone = snapshot.encode(0.5)
    slices.push(performance.now() - from)
  }
  const writing = snapshot.write(storage, attemptId)
  const turns = await turnsOf(writing)
  const handle = await writing
  const bytes = handle.segments.filter((each) => each.checkpointId === id)
  const written = bytes.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  const records = bytes.reduce((total, { recordCount }) => total + recordCount, 0)
  line(`${name}: ${changed} changed`, `${records} records, ${(written / 1e6).toFixed(2)} MB`)
  line('  seal', ms(sealMs))
  line('  encode: longest of slices of 0.5 ms', `${ms(longest(slices))} of ${slices.length}`)
  line('  encode', `${ms(sum(slices))}, ${((sum(slices) / records) * 1e6).toFixed(0)} ns a record`)
  line('  sort, CRC, SHA-256: longest turn', `${ms(longest(turns))} of ${turns.length}`)
  line('  sort, CRC, SHA-256', `${ms(sum(turns))}, ${((sum(turns) / records) * 1e6).toFixed(0)} ns`)
  return handle
}

async function longestRestore(handle: KeyedStateHandle): Promise<void> {
  const other = new HeapKeyedStateBackend(clock, everyKeyGroup)
  const start = performance.now()
  const turns = await turnsOf(other.restore([handle], storage))
  const took = performance.now() - start
  line('restore', `${ms(took)}, ${((took / keyCount) * 1e6).toFixed(0)} ns a key`)
  line('  longest turn', ms(longest(turns)))
}

update(0, keyCount, 0)
await report('first checkpoint', 1, keyCount)
update(0, keyCount / 100, 1)
await report('1 % of keys', 2, keyCount / 100)
const first = update(0, keyCount, 2)
await report('all keys', 3, keyCount)
const again = update(0, keyCount, 3)
const further = update(0, keyCount, 4)
const perKey = (took: number): string => `${((took / keyCount) * 1e6).toFixed(0)} ns a key`
line('update, the first after a checkpoint', perKey(first))
line('update, the first after a checkpoint again', perKey(again))
line('update, one more', perKey(further))
const open = backend.seal(4)
line('update, before it was encoded', perKey(update(0, keyCount, 5)))
while (!open.encode(100));
await longestRestore(await open.write(storage, attemptId))
