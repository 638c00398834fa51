// Checkpoint storage on a real server that speaks S3.

import { after, before, test } from 'node:test'
import type { S3StorageOptions } from '@millrace/core'
import { CheckpointStorages } from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { testCheckpointStorage } from '@millrace/testing'
import { SystemClock } from '../../packages/cli/src/io/system-clock.ts'
import { SystemRandom } from '../../packages/cli/src/io/system-random.ts'
import { S3Server } from '../real-cluster/s3-server.ts'

let server: S3Server
let storages: CheckpointStorages
let count = 0

before(async () => {
  server = await S3Server.start()
  storages = storagesWith({})
})

after(() => server?.stop())

function storagesWith(options: Partial<S3StorageOptions>): CheckpointStorages {
  return new CheckpointStorages({
    clock: new SystemClock(),
    random: new SystemRandom(),
    fileSystem: new NodeFileSystem(),
    s3: { ...server.options(), ...options },
  })
}

testCheckpointStorage(test, {
  open: () => storages.open(`s3://${server.bucket}/job-${count++}`),
  reopen: ({ location }) => storagesWith({}).open(location),
})
