import { resolve } from 'node:path'
import { type Configuration, loadConfiguration } from '@millrace/core/config'
import { CheckpointStorages } from '@millrace/state'
import type { SavepointAccess } from '@millrace/state/inspect'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { s3StorageOptions } from '../composition/s3-storage-options.ts'
import { SystemClock } from '../io/system-clock.ts'
import { SystemRandom } from '../io/system-random.ts'

/** Savepoints on the disks of this machine, and in object storage as a configuration says. */
export function configuredAccess(configuration: Configuration): SavepointAccess {
  const clock = new SystemClock()
  const storages = new CheckpointStorages({
    ...{ clock, random: new SystemRandom(), fileSystem: new NodeFileSystem() },
    s3: s3StorageOptions(configuration),
  })
  return {
    storageOf: (location) => storages.open(location.includes('://') ? location : resolve(location)),
    now: () => clock.now(),
  }
}

/**
 * For scripts whose savepoints are in object storage (`s3://bucket/…`): `settings` are keys of
 * the configuration, such as `s3.endpoint`; the environment may have others
 * (`MILLRACE_S3_ENDPOINT`).
 */
export function savepointAccess(settings: Readonly<Record<string, string>> = {}): SavepointAccess {
  const flags = Object.entries(settings).map(([key, value]) => {
    return { key, value, origin: 'savepointAccess' }
  })
  return configuredAccess(loadConfiguration({ environment: process.env, flags }))
}
