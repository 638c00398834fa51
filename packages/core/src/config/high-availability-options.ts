import type { ConfigOption } from './config-option.ts'
import { oneOf, text } from './value-schema.ts'

export const highAvailabilityType: ConfigOption<'none' | 'filesystem'> = {
  key: 'high-availability.type',
  schema: oneOf('none', 'filesystem'),
  default: 'none',
  description:
    'Where jobs are kept over the end of the JobManager. `none`: they end with it. `filesystem`: ' +
    'in the directory of `high-availability.storageDir`; a JobManager that starts takes over the ' +
    'jobs that it finds there.',
  aliases: ['high-availability'],
  scope: 'jobmanager',
}

export const highAvailabilityStorageDir: ConfigOption<string | undefined> = {
  key: 'high-availability.storageDir',
  schema: text('the path of a directory'),
  default: undefined,
  description:
    'Directory that a JobManager and its successor both see: jobs, their bundles, and where ' +
    'their checkpoints are. Needed for `high-availability.type: filesystem`.',
  aliases: [],
  scope: 'jobmanager',
}

export const highAvailabilityClusterId: ConfigOption<string> = {
  key: 'high-availability.cluster-id',
  schema: text('a name of letters, digits, `-`, `_` and `.`'),
  default: 'default',
  description: 'Folder within `high-availability.storageDir`: tells apart clusters that share it.',
  aliases: [],
  scope: 'jobmanager',
}
