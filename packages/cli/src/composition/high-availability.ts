import { hostname } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { MillraceError } from '@millrace/core'
import {
  type Configuration,
  highAvailabilityClusterId,
  highAvailabilityStorageDir,
  highAvailabilityType,
} from '@millrace/core/config'
import {
  FileSystemHighAvailability,
  type HighAvailabilityServices,
  NoHighAvailability,
} from '@millrace/jobmanager'
import { FileSystemCheckpointStorage } from '@millrace/state'
import type { SystemEnvironment } from './system-environment.ts'

/** What `high-availability.type` says. Throws CONFIG_VALUE_INVALID where more must be said. */
export function highAvailability(
  configuration: Configuration,
  { fileSystem, logger, clock }: SystemEnvironment,
): HighAvailabilityServices {
  if (configuration.get(highAvailabilityType) === 'none') return new NoHighAvailability()
  const storageDirectory = configuration.get(highAvailabilityStorageDir)
  if (storageDirectory !== undefined && /^[A-Za-z][\w+.-]+:\/\//.test(storageDirectory)) {
    throw invalid(
      `${highAvailabilityStorageDir.key} is '${storageDirectory}', and has to be a directory: a ` +
        'JobManager and its successor agree on a file system. Only checkpoints may lie in object ' +
        'storage (execution.checkpointing.dir). Take an absolute path.',
    )
  }
  if (storageDirectory === undefined || !isAbsolute(storageDirectory)) {
    throw invalid(
      `${highAvailabilityType.key} filesystem needs ${highAvailabilityStorageDir.key}: the ` +
        `absolute path of a directory that outlives the JobManager` +
        `${storageDirectory === undefined ? '' : `, not '${storageDirectory}'`}.`,
    )
  }
  const clusterId = configuration.get(highAvailabilityClusterId)
  if (!/^[\w-][\w.-]*$/.test(clusterId)) {
    throw invalid(
      `${highAvailabilityClusterId.key} is the name of a folder: letters, digits, '-', '_' and ` +
        `'.', not '${clusterId}'.`,
    )
  }
  const storage = new FileSystemCheckpointStorage(fileSystem, join(storageDirectory, clusterId))
  const claimant = `process ${process.pid} of ${hostname()}, ${new Date(clock.now()).toISOString()}`
  return new FileSystemHighAvailability(storage, logger, claimant)
}

function invalid(message: string): MillraceError {
  return new MillraceError('CONFIG_VALUE_INVALID', message, {
    disposition: 'reject-request',
    blame: 'user',
  })
}
