import type { ConfigOption } from './config-option.ts'
import { duration, memorySize, oneOf, port, text, wholeNumber } from './value-schema.ts'

export const jobManagerRpcAddress: ConfigOption<string> = {
  key: 'jobmanager.rpc.address',
  schema: text('a host name or address'),
  default: 'localhost',
  description: 'Host at which TaskManagers and the command line reach the JobManager.',
  aliases: [],
  scope: 'cluster',
}

export const jobManagerRpcPort: ConfigOption<number> = {
  key: 'jobmanager.rpc.port',
  schema: port(),
  default: '6123',
  description:
    'Port of the JobManager, for TaskManagers and for the command line. 0 takes a free one.',
  aliases: [],
  scope: 'cluster',
}

export const heartbeatInterval: ConfigOption<number> = {
  key: 'heartbeat.interval',
  schema: duration({ minMs: 10 }),
  default: '1 s',
  description: 'How often the JobManager and each TaskManager send each other a sign of life.',
  aliases: [],
  scope: 'cluster',
}

export const heartbeatTimeout: ConfigOption<number> = {
  key: 'heartbeat.timeout',
  schema: duration({ minMs: 100 }),
  default: '5 s',
  description:
    'After this long without a sign of life the other side counts as lost. A killed process is ' +
    'noticed at once by its closed sockets; this bound is for hangs and cut networks.',
  aliases: [],
  scope: 'cluster',
}

export const taskCancellationTimeout: ConfigOption<number> = {
  key: 'task.cancellation.timeout',
  schema: duration({ minMs: 10 }),
  default: '10 s',
  description:
    'How long a canceled task may take to end before its slot is ended with it and started anew. ' +
    'The JobManager waits a little longer before it gives the TaskManager up.',
  aliases: [],
  scope: 'cluster',
}

export const ioTmpDirs: ConfigOption<string | undefined> = {
  key: 'io.tmp.dirs',
  schema: text('the path of a directory'),
  default: undefined,
  description: "Directory for temporary files. Without it, the system's own.",
  aliases: ['taskmanager.tmp.dirs'],
  scope: 'cluster',
}

export const blobStorageDirectory: ConfigOption<string | undefined> = {
  key: 'blob.storage.directory',
  schema: text('the path of a directory'),
  default: undefined,
  description:
    'Directory in which a process keeps the bundles of jobs. Without it, a fresh one under ' +
    '`io.tmp.dirs` that is deleted at shutdown.',
  aliases: [],
  scope: 'cluster',
}

export const blobStorageSizeMax: ConfigOption<number> = {
  key: 'blob.storage.size-max',
  schema: memorySize({ min: 1 }),
  default: '1 gb',
  description:
    'Most that the bundles kept by one process may take. Bundles of no running job make room ' +
    'first.',
  aliases: [],
  scope: 'cluster',
}

export const logLevel: ConfigOption<'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  key: 'log.level',
  schema: oneOf('trace', 'debug', 'info', 'warn', 'error'),
  default: 'info',
  description: 'The least severe log lines that a process writes.',
  aliases: ['env.log.level'],
  scope: 'cluster',
}

export const logFormat: ConfigOption<'auto' | 'pretty' | 'json'> = {
  key: 'log.format',
  schema: oneOf('auto', 'pretty', 'json'),
  default: 'auto',
  description: 'How log lines look; `auto` is pretty on a terminal and JSON elsewhere.',
  aliases: [],
  scope: 'cluster',
}

export const logLinesKept: ConfigOption<number> = {
  key: 'log.lines-kept',
  schema: wholeNumber({ min: 1, max: 100_000 }),
  default: '1000',
  description: 'Log lines that each process keeps in memory for `millrace logs`.',
  aliases: [],
  scope: 'cluster',
}
