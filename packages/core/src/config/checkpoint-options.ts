import type { ConfigOption } from './config-option.ts'
import {
  duration,
  durationOrAuto,
  memorySize,
  oneOfNames,
  text,
  trueOrFalse,
  wholeNumber,
} from './value-schema.ts'

export type CheckpointingMode = 'EXACTLY_ONCE' | 'AT_LEAST_ONCE'

export type CheckpointRetention =
  | 'NO_EXTERNALIZED_CHECKPOINTS'
  | 'DELETE_ON_CANCELLATION'
  | 'RETAIN_ON_CANCELLATION'

export const checkpointingInterval: ConfigOption<number | 'auto' | undefined> = {
  key: 'execution.checkpointing.interval',
  schema: durationOrAuto({ minMs: 10, isZeroAllowed: true }),
  default: undefined,
  description:
    'How often a checkpoint is triggered. `auto` chooses it by what checkpoints cost and by ' +
    '`execution.checkpointing.max-replay`, and logs each change. Without it, and with 0, none ' +
    'are taken: a job that fails starts again from the beginning.',
  aliases: ['checkpoint-interval'],
  scope: 'job',
}

export const checkpointingMaxReplay: ConfigOption<number> = {
  key: 'execution.checkpointing.max-replay',
  schema: duration({ minMs: 500 }),
  default: '10 s',
  description:
    'With `execution.checkpointing.interval: auto`: how much work a failure may have repeated at ' +
    'most, in time: the interval and what a checkpoint takes.',
  aliases: [],
  scope: 'job',
}

export const checkpointingMode: ConfigOption<CheckpointingMode> = {
  key: 'execution.checkpointing.mode',
  schema: oneOfNames({
    EXACTLY_ONCE: ['EXACTLY_ONCE'],
    AT_LEAST_ONCE: ['AT_LEAST_ONCE'],
  }),
  default: 'EXACTLY_ONCE',
  description:
    'After a failure each record is in the state exactly once, or (`AT_LEAST_ONCE`, which does ' +
    'not hold back the faster of several inputs) some are in it twice.',
  aliases: ['checkpointing-mode'],
  scope: 'job',
}

export const checkpointingUnaligned: ConfigOption<boolean> = {
  key: 'execution.checkpointing.unaligned.enabled',
  schema: trueOrFalse(),
  default: 'false',
  description:
    'Barriers overtake the records that are on their way, which become part of the checkpoint: ' +
    'it does not take longer under backpressure, but is larger. Only with `EXACTLY_ONCE`; one ' +
    'checkpoint is under way at a time then.',
  aliases: ['execution.checkpointing.unaligned'],
  scope: 'job',
}

export const checkpointingAlignedTimeout: ConfigOption<number> = {
  key: 'execution.checkpointing.aligned-checkpoint-timeout',
  schema: duration(),
  default: '0 ms',
  description:
    'With unaligned checkpoints: barriers keep their place among the records for this long after ' +
    'the trigger, and overtake them only then. 0: at once.',
  aliases: ['execution.checkpointing.alignment-timeout'],
  scope: 'job',
}

export const checkpointingTimeout: ConfigOption<number> = {
  key: 'execution.checkpointing.timeout',
  schema: duration({ minMs: 10 }),
  default: '10 min',
  description:
    'How long a checkpoint may take before it is given up. The job goes on; the log and ' +
    '`millrace status` name the tasks that were late and what they were doing.',
  aliases: ['checkpoint-timeout', 'state-timeout'],
  scope: 'job',
}

export const checkpointingMinPause: ConfigOption<number> = {
  key: 'execution.checkpointing.min-pause',
  schema: duration(),
  default: '0 ms',
  description:
    'Least time between the end of one checkpoint and the trigger of the next. With it only one ' +
    'is under way at a time.',
  aliases: ['min-pause-between-checkpoints'],
  scope: 'job',
}

export const checkpointingMaxConcurrentCheckpoints: ConfigOption<number> = {
  key: 'execution.checkpointing.max-concurrent-checkpoints',
  schema: wholeNumber({ min: 1, max: 100 }),
  default: '1',
  description: 'Most checkpoints that may be under way at the same time.',
  aliases: ['max-concurrent-checkpoints'],
  scope: 'job',
}

export const checkpointingTolerableFailedCheckpoints: ConfigOption<number | undefined> = {
  key: 'execution.checkpointing.tolerable-failed-checkpoints',
  schema: wholeNumber({ min: 0 }),
  default: undefined,
  description:
    'How many checkpoints in a row may fail or expire; one more fails the job, which starts ' +
    'again from the latest that completed. Without it they never do.',
  aliases: ['tolerable-failed-checkpoints'],
  scope: 'job',
}

export const checkpointingDirectory: ConfigOption<string | undefined> = {
  key: 'execution.checkpointing.dir',
  schema: text(
    'the absolute path of a directory that all processes of the cluster share, or ' +
      's3://bucket/prefix',
  ),
  default: undefined,
  description:
    'Directory of checkpoints; each job has a folder of its id in it. Every process of the ' +
    'cluster must reach it under this path. It may lie in object storage: `s3://bucket/prefix`, ' +
    'with the keys that begin with `s3.` (docs/s3.md). `run --local` and ' +
    '`millrace cluster start` have a directory of their own where none is set.',
  aliases: ['state.checkpoints.dir', 'checkpoint-dir'],
  scope: 'job',
}

export const checkpointingSavepointDirectory: ConfigOption<string | undefined> = {
  key: 'execution.checkpointing.savepoint-dir',
  schema: text('an absolute path, or s3://bucket/prefix'),
  default: undefined,
  description:
    'Where `millrace savepoint` and `millrace stop` make the directory of a savepoint when they ' +
    'are not told. The JobManager writes there.',
  aliases: ['state.savepoints.dir', 'savepoint-dir'],
  scope: 'job',
}

export const checkpointingNumRetained: ConfigOption<number> = {
  key: 'execution.checkpointing.num-retained',
  schema: wholeNumber({ min: 1, max: 1000 }),
  default: '2',
  description:
    'How many completed checkpoints are kept. A job whose latest one turns out to be damaged ' +
    'falls back to the one before it; what they share is stored once.',
  aliases: ['state.checkpoints.num-retained'],
  scope: 'job',
}

export const checkpointingRetention: ConfigOption<CheckpointRetention> = {
  key: 'execution.checkpointing.externalized-checkpoint-retention',
  schema: oneOfNames({
    DELETE_ON_CANCELLATION: ['DELETE_ON_CANCELLATION', 'delete'],
    RETAIN_ON_CANCELLATION: ['RETAIN_ON_CANCELLATION', 'retain'],
    NO_EXTERNALIZED_CHECKPOINTS: ['NO_EXTERNALIZED_CHECKPOINTS'],
  }),
  default: 'DELETE_ON_CANCELLATION',
  description:
    'What becomes of the checkpoints of a job that is over. Those of a finished job are deleted, ' +
    'those of a canceled one with `RETAIN_ON_CANCELLATION` kept, those of a failed one kept but ' +
    'with `NO_EXTERNALIZED_CHECKPOINTS`.',
  aliases: [],
  scope: 'job',
}

export const checkpointingDataInlineThreshold: ConfigOption<number> = {
  key: 'execution.checkpointing.data-inline-threshold',
  schema: memorySize({ min: 0, max: 1024 * 1024 }),
  default: '20 kb',
  description:
    'Operator state up to this size is stored in the metadata of a checkpoint, not in a file.',
  aliases: ['state.storage.fs.memory-threshold', 'state.backend.fs.memory-threshold'],
  scope: 'job',
}

export const checkpointingLocalBackupEnabled: ConfigOption<boolean> = {
  key: 'execution.checkpointing.local-backup.enabled',
  schema: trueOrFalse(),
  default: 'false',
  description:
    'TaskManagers keep a copy of the state that their tasks write to checkpoint storage on their ' +
    'own disks too. A task that restarts on the same TaskManager is restored from it. Worth it ' +
    'where checkpoint storage is far away or slow to read.',
  aliases: ['state.backend.local-recovery'],
  scope: 'job',
}

export const checkpointingLocalBackupDirectory: ConfigOption<string | undefined> = {
  key: 'execution.checkpointing.local-backup.dirs',
  schema: text('the path of a directory'),
  default: undefined,
  description:
    'Directory below which a TaskManager keeps the copies of ' +
    '`execution.checkpointing.local-backup.enabled`. Without it, a fresh one under `io.tmp.dirs` ' +
    'that is deleted at shutdown.',
  aliases: ['taskmanager.state.local.root-dirs'],
  scope: 'taskmanager',
}

export const stateBackendType: ConfigOption<'heap' | 'leveldb'> = {
  key: 'state.backend.type',
  schema: oneOfNames({
    heap: ['heap', 'memory', 'fs', 'hashmap', 'filesystem', 'jobmanager'],
    leveldb: ['leveldb', 'rocksdb', 'forst'],
  }),
  default: 'heap',
  description:
    'Where keyed state is worked on: in memory (`heap`), or in a database on the local disk that ' +
    'holds more than memory does (`leveldb`). `memory`, `fs` and `hashmap` are other names of ' +
    'the first, `rocksdb` of the second.',
  aliases: ['state.backend', 'state-backend'],
  scope: 'job',
}

export const stateBackendLevelDbObjectCacheSize: ConfigOption<number> = {
  key: 'state.backend.leveldb.object-cache-size',
  schema: memorySize({ min: 64 * 1024 }),
  default: '32 mb',
  description:
    'About how much memory each subtask of a keyed operator on `leveldb` may take for entries ' +
    'that it holds as objects.',
  aliases: [],
  scope: 'job',
}

export const stateBackendLevelDbBlockCacheSize: ConfigOption<number> = {
  key: 'state.backend.leveldb.block-cache-size',
  schema: memorySize({ min: 64 * 1024 }),
  default: '16 mb',
  description:
    'Memory for blocks of the database that were read, per subtask of a keyed operator on ' +
    '`leveldb`.',
  aliases: ['state.backend.rocksdb.block.cache-size'],
  scope: 'job',
}

export const stateBackendLevelDbWriteBufferSize: ConfigOption<number> = {
  key: 'state.backend.leveldb.write-buffer-size',
  schema: memorySize({ min: 64 * 1024 }),
  default: '16 mb',
  description:
    'Memory in which the database gathers writes before it sorts them into a file, per subtask ' +
    'of a keyed operator on `leveldb`; it takes up to two of them.',
  aliases: ['state.backend.rocksdb.writebuffer.size'],
  scope: 'job',
}
