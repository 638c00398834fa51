// The process that larger-than-memory.ts limits, kills and starts again.
//   larger-than-memory-worker.ts <directory> <attempt> <keys> <bytes of memory> <part>

import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ExecutionAttemptId,
  hashKey,
  type KeyedStateHandle,
  keyGroupCount,
  keyGroupOf,
} from '@millrace/core'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { LevelDbKeyedStateBackend } from '@millrace/state/leveldb'
import { NodeFileSystem } from '@millrace/state/node-file-system'

interface Latest {
  readonly checkpointId: number
  readonly position: number
  readonly handle: KeyedStateHandle
}

const [directory = '', attempt = '', keys, memory, part] = process.argv.slice(2)
const keyCount = Number(keys)
const memoryMaxBytes = Number(memory)
const reportEvery = keyCount / 20
const checkpointEveryMs = Math.min(keyCount / 1000, 10_000)
const keysPerTurn = 50

const clock = { now: () => 0, monotonicMs: () => performance.now(), setImmediate }
const storage = new FileSystemCheckpointStorage(
  new NodeFileSystem(),
  join(directory, 'checkpoints'),
)
const latestFile = join(directory, 'latest.json')
const attemptId = ExecutionAttemptId.parse(attempt === 'first' ? 'aa_bb_0_0' : 'aa_bb_0_1')
const keyGroups = { start: 0, end: keyGroupCount }
const textOf = (key: number): string => `${key} ${(key * 7919) % 1_000_003} `.padEnd(85, 'x')
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

// The limit is set before anything begins.
for await (const _ of process.stdin);
const order = keysByGroup()
let latest = existsSync(latestFile)
  ? (JSON.parse(readFileSync(latestFile, 'utf8')) as Latest)
  : undefined
const sizeOf = (megabytes: number): number => (megabytes << 20) * Number(part)
const backend = await LevelDbKeyedStateBackend.open(clock, keyGroups, {
  ...{ directory: join(directory, attempt), isCheckpointed: true },
  ...{ objectCacheSizeBytes: sizeOf(64), blockCacheSizeBytes: sizeOf(64) },
  ...{ writeBufferSizeBytes: sizeOf(32), changeLogSizeMaxBytes: sizeOf(16) },
})
let startMs = performance.now()
let memoryMostBytes = 0
if (latest !== undefined) {
  await backend.restore([latest.handle], storage)
  report('restored', latest.position)
}
const state = backend.getValueState<string>({
  ...{ kind: 'value', name: 'v', type: undefined, ttl: undefined },
})
await write(latest?.position ?? 0)
await verify()
report('verified', keyCount)
process.stdout.write(`done with ${memoryMostBytes >>> 20} MB at most\n`)
backend.close()
await backend.closed()

async function write(from: number): Promise<void> {
  startMs = performance.now()
  let checkpoint: Promise<void> | undefined
  let lastMs = startMs
  for (let at = from; at < keyCount; at++) {
    const key = order[at] as number
    backend.setCurrentKey(key, hashKey(key))
    state.update(textOf(key))
    if ((at + 1) % reportEvery === 0) report('wrote', at + 1, at + 1 - from)
    if (at % keysPerTurn !== 0) continue
    await nextTurn()
    if (at % (100 * keysPerTurn) === 0) checkMemory()
    if (checkpoint !== undefined || performance.now() - lastMs < checkpointEveryMs) continue
    checkpoint = takeCheckpoint(at + 1).then(() => {
      checkpoint = undefined
      lastMs = performance.now()
    })
  }
  await checkpoint
  await takeCheckpoint(keyCount)
}

async function takeCheckpoint(position: number): Promise<void> {
  const beganMs = performance.now()
  const checkpointId = (latest?.checkpointId ?? 0) + 1
  const snapshot = backend.seal(checkpointId)
  while (!snapshot.encode(2)) await nextTurn()
  const handle = await snapshot.write(storage, attemptId)
  latest = { checkpointId, position, handle }
  writeFileSync(`${latestFile}.tmp`, JSON.stringify(latest))
  renameSync(`${latestFile}.tmp`, latestFile)
  const { length } = handle.segments
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
  report(`checkpoint ${checkpointId} of ${length} segments in ${seconds} s with`, position)
}

async function verify(): Promise<void> {
  startMs = performance.now()
  for (let at = 0; at < keyCount; at++) {
    const key = order[at] as number
    backend.setCurrentKey(key, hashKey(key))
    assert.equal(state.value(), textOf(key))
    if ((at + 1) % reportEvery === 0) report('read', at + 1)
    if (at % keysPerTurn !== 0) continue
    await nextTurn()
    if (at % (100 * keysPerTurn) === 0) checkMemory()
  }
}

function report(what: string, count: number, since = count): void {
  const usedBytes = checkMemory()
  const perSecond = Math.round((since / (performance.now() - startMs)) * 1000)
  const { heapTotal, external } = process.memoryUsage()
  process.stdout.write(
    `${what} ${count} keys, ${perSecond}/s, ${usedBytes >>> 20} MB ` +
      `(heap ${heapTotal >>> 20}, external ${external >>> 20})\n`,
  )
}

function checkMemory(): number {
  const status = '/proc/self/status'
  const anonymous = existsSync(status) && /RssAnon:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))
  const bytes = anonymous ? Number(anonymous[1]) * 1024 : process.memoryUsage.rss()
  memoryMostBytes = Math.max(memoryMostBytes, bytes)
  assert.ok(bytes <= memoryMaxBytes, `${bytes} bytes of memory`)
  return bytes
}

/** Keys in order of their key groups. */
function keysByGroup(): Uint32Array {
  const next = new Uint32Array(keyGroupCount + 1)
  for (let key = 0; key < keyCount; key++) {
    const group = keyGroupOf(hashKey(key)) + 1
    next[group] = (next[group] as number) + 1
  }
  for (let group = 0; group < keyGroupCount; group++) {
    next[group + 1] = (next[group + 1] as number) + (next[group] as number)
  }
  const order = new Uint32Array(keyCount)
  for (let key = 0; key < keyCount; key++) {
    const group = keyGroupOf(hashKey(key))
    const at = next[group] as number
    order[at] = key
    next[group] = at + 1
  }
  return order
}
