// A thread that works on a backend without end, until it is ended in the middle of it.

import { parentPort, workerData } from 'node:worker_threads'
import { ExecutionAttemptId, hashKey, keyGroupCount } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { LevelDbKeyedStateBackend } from '../leveldb/leveldb-keyed-state-backend.ts'

const { directory } = workerData as { readonly directory: string }
const keyGroups = { start: 0, end: keyGroupCount }
const backend = await LevelDbKeyedStateBackend.open(new TestClock(), keyGroups, {
  ...{ directory, isCheckpointed: true },
  ...{
    objectCacheSizeBytes: 64 << 10,
    blockCacheSizeBytes: 1 << 20,
    writeBufferSizeBytes: 1 << 18,
  },
})
const count = backend.getValueState<string>({
  ...{ kind: 'value', name: 'count', type: undefined, ttl: undefined },
})
const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
parentPort?.postMessage('open')
for (let checkpointId = 1; ; checkpointId++) {
  for (let i = 0; i < 1000; i++) {
    const key = (checkpointId * 7919 + i * 31) % 20_000
    backend.setCurrentKey(key, hashKey(key))
    count.update(`${count.value() ?? ''}${i}`.slice(-100))
  }
  const snapshot = backend.seal(checkpointId)
  while (!snapshot.encode(1));
  await snapshot.write(new MemoryCheckpointStorage(), attemptId)
}
