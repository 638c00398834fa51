// How long a record's work on keyed state takes on LevelDB: counts of keys that come in any order.
// While all keys fit into the cache of objects the database is not touched; beyond it each record
// reads an entry, and writes one in a batch.
//   node --conditions=source test/benchmark/micro/leveldb-state.ts [keys …]

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashKey, keyGroupCount, SeededRandom } from '@millrace/core'
import { LevelDbKeyedStateBackend } from '@millrace/state/leveldb'

const clock = { now: () => 0, monotonicMs: () => performance.now(), setImmediate }
const keyCounts = process.argv.slice(2).map(Number)
const recordCountMax = 500_000
const recordsPerTurn = 1000

for (const keyCount of keyCounts.length > 0 ? keyCounts : [100_000, 10_000_000]) {
  const directory = join(mkdtempSync(join(tmpdir(), 'millrace-leveldb-')), 'attempt')
  const backend = await LevelDbKeyedStateBackend.open(
    clock,
    { start: 0, end: keyGroupCount },
    {
      ...{ directory, isCheckpointed: false, objectCacheSizeBytes: 32 << 20 },
      ...{ blockCacheSizeBytes: 16 << 20, writeBufferSizeBytes: 16 << 20 },
    },
  )
  const state = backend.getValueState<number>({
    ...{ kind: 'value', name: 'count', type: undefined, ttl: undefined },
  })
  const random = new SeededRandom(1)
  const count = async (title: string, records: number, keyOf: (n: number) => number) => {
    const start = performance.now()
    const cpuStart = process.cpuUsage()
    for (let record = 0; record < records; record++) {
      const key = keyOf(record)
      backend.setCurrentKey(key, hashKey(key))
      state.update((state.value() ?? 0) + 1)
      if (record % recordsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const ms = performance.now() - start
    const perSecond = Math.round((records / ms) * 1000).toLocaleString('en')
    const cpu = process.cpuUsage(cpuStart)
    const cpuUs = (cpu.user + cpu.system) / records
    const rssMb = Math.round(process.memoryUsage.rss() / 2 ** 20)
    process.stdout.write(
      `${keyCount} keys, ${title.padEnd(16)} ${perSecond}/s, ` +
        `${((ms / records) * 1e3).toFixed(2)} µs (CPU ${cpuUs.toFixed(2)} µs), ${rssMb} MB\n`,
    )
  }
  const records = Math.min(recordCountMax, 5 * keyCount)
  await count('filled in order', keyCount, (record) => record)
  await count('uniform', records, () => ((random.uint32() * keyCount) / 2 ** 32) | 0)
  backend.close()
  await backend.closed()
}
