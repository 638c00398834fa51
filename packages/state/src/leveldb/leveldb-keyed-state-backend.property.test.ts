import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type KeyGroupRange, keyGroupCount } from '@millrace/core'
import { testSnapshotsAgainstModel } from '../contract/keyed-snapshot-model-test-support.ts'
import { testKeyedSnapshots } from '../contract/keyed-snapshot-test-support.ts'
import { testKeyedStateBackend } from '../contract/keyed-state-backend-test-support.ts'
import { testAgainstModel } from '../contract/keyed-state-model-test-support.ts'
import { testRestoredNames } from '../contract/restored-names-test-support.ts'
import { LevelDatabase } from '../io/level-database.ts'
import type { BackendClock } from '../keyed-state-backend.ts'
import type { SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
import { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'
import { PrefixedDatabase } from './prefixed-database-test-support.ts'

const everyKeyGroup = { start: 0, end: keyGroupCount }
const directory = join(mkdtempSync(join(tmpdir(), 'millrace-leveldb-')), 'attempt')
const database = await LevelDatabase.open(directory, {
  blockCacheSizeBytes: 1 << 20,
  writeBufferSizeBytes: 1 << 20,
})
after(() => database.close())
let backends = 0

function backendOf(
  clock: BackendClock,
  options: SnapshotSequenceOptions & {
    readonly keyGroups?: KeyGroupRange
    readonly objectCacheSizeBytes: number
    readonly changeLogSizeMaxBytes?: number
  },
): LevelDbKeyedStateBackend {
  return new LevelDbKeyedStateBackend(clock, options.keyGroups ?? everyKeyGroup, {
    ...options,
    database: new PrefixedDatabase(database, backends++),
  })
}

testKeyedStateBackend('leveldb', (clock) => backendOf(clock, { objectCacheSizeBytes: 8 << 20 }))
// Hardly anything stays in memory: every operation goes through the database. What has expired
// there is cleaned up in turns of the event loop, so that it cannot be told when it is gone.
const lives = [undefined, { ms: 10 }, { ms: 10, update: 'on-read-and-write' }] as const
testAgainstModel(
  'leveldb with no room',
  (clock) => backendOf(clock, { objectCacheSizeBytes: 1 }),
  lives,
)
testKeyedSnapshots('leveldb', (clock, keyGroups, options) =>
  backendOf(clock, { ...options, keyGroups, objectCacheSizeBytes: 8 << 20 }),
)
testSnapshotsAgainstModel(
  'leveldb with no room',
  (clock, keyGroups, options) =>
    backendOf(clock, { ...options, keyGroups, objectCacheSizeBytes: 1 }),
  lives,
)
testRestoredNames('leveldb with no room for changes', (clock, keyGroups, options) =>
  backendOf(clock, {
    ...options,
    keyGroups,
    objectCacheSizeBytes: 1,
    changeLogSizeMaxBytes: 250,
  }),
)
// Every second change goes to the disk on its way into a checkpoint.
testSnapshotsAgainstModel(
  'leveldb with no room for changes',
  (clock, keyGroups, options) =>
    backendOf(clock, {
      ...options,
      keyGroups,
      objectCacheSizeBytes: 1,
      changeLogSizeMaxBytes: 250,
    }),
  lives.slice(0, 2),
)
