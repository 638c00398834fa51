// Proof that state may be larger than memory: many keys of about 100 bytes each, written and read
// again in any order, in a process that may use 1 GB. It fails where memory goes beyond that, and
// where a value is not what was written. Pages of files that are mapped into memory do not count:
// the system takes them back when it needs them.
//   node --conditions=source --max-old-space-size=512 test/benchmark/larger-than-memory.ts [keys]

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashKey, keyGroupCount, SeededRandom } from '@millrace/core'
import { LevelDbKeyedStateBackend } from '@millrace/state/leveldb'

const keyCount = Number(process.argv[2] ?? 20_000_000)
const rssMaxBytes = 2 ** 30
const checkedPart = 20
const reportEvery = 1_000_000

const clock = { now: () => 0, monotonicMs: () => performance.now(), setImmediate }
const directory = join(mkdtempSync(join(tmpdir(), 'millrace-larger-')), 'attempt')
const backend = await LevelDbKeyedStateBackend.open(
  clock,
  { start: 0, end: keyGroupCount },
  {
    ...{ directory, isCheckpointed: false, objectCacheSizeBytes: 64 << 20 },
    ...{ blockCacheSizeBytes: 64 << 20, writeBufferSizeBytes: 16 << 20 },
  },
)
const state = backend.getValueState<string>({
  ...{ kind: 'value', name: 'v', type: undefined, ttl: undefined },
})

const textOf = (key: number): string => `${key} ${(key * 7919) % 1_000_003} `.padEnd(85, 'x')
let rssMost = 0
const startMs = performance.now()

async function watch(what: string, done: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  const rssBytes = residentBytes()
  rssMost = Math.max(rssMost, rssBytes)
  assert.ok(rssBytes <= rssMaxBytes, `${rssBytes} bytes of memory after ${what} ${done} keys`)
  if (done % reportEvery !== 0) return
  const perSecond = Math.round((done / (performance.now() - startMs)) * 1000)
  process.stdout.write(`${what} ${done} keys, ${perSecond}/s, ${rssBytes >>> 20} MB\n`)
}

function residentBytes(): number {
  const status = '/proc/self/status'
  const anonymous = existsSync(status) && /RssAnon:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))
  return anonymous ? Number(anonymous[1]) * 1024 : process.memoryUsage.rss()
}

for (let key = 0; key < keyCount; key++) {
  backend.setCurrentKey(key, hashKey(key))
  state.update(textOf(key))
  if (key % 10_000 === 0) await watch('wrote', key)
}
const random = new SeededRandom(1)
for (let read = 0; read < keyCount / checkedPart; read++) {
  const key = Math.floor((random.uint32() / 2 ** 32) * keyCount)
  backend.setCurrentKey(key, hashKey(key))
  assert.equal(state.value(), textOf(key))
  if (read % 10_000 === 0) await watch('read', read)
}
process.stdout.write(`${keyCount} keys in ${rssMost >>> 20} MB at most\n`)
backend.close()
await backend.closed()
