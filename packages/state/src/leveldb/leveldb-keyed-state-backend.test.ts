import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { testKeyedStateBackend } from '../contract/keyed-state-backend-test-support.ts'
import { testAgainstModel } from '../contract/keyed-state-model-test-support.ts'
import { LevelDatabase } from '../io/level-database.ts'
import type { BackendClock } from '../keyed-state-backend.ts'
import { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'
import { PrefixedDatabase } from './prefixed-database-test-support.ts'

const keyGroups = { start: 0, end: 32_768 }
const directory = join(mkdtempSync(join(tmpdir(), 'millrace-leveldb-')), 'attempt')
const database = await LevelDatabase.open(directory, {
  blockCacheSizeBytes: 1 << 20,
  writeBufferSizeBytes: 1 << 20,
})
after(() => database.close())
let backends = 0

function backendOf(clock: BackendClock, objectCacheSizeBytes: number): LevelDbKeyedStateBackend {
  return new LevelDbKeyedStateBackend(clock, keyGroups, {
    database: new PrefixedDatabase(database, backends++),
    objectCacheSizeBytes,
  })
}

testKeyedStateBackend('leveldb', (clock) => backendOf(clock, 8 << 20))
// Hardly anything stays in memory: every operation goes through the database.
testAgainstModel('leveldb with no room', (clock) => backendOf(clock, 1))
