import type {
  RecoveryOptions,
  RescaleOptions,
  RunOptions,
  SavepointOptions,
} from './measurement.ts'

/** A subject of `runOn…`: what differs from a job on the heap with a checkpoint every second. */
export type ThroughputSubject = {
  readonly job: string
  /** Not run on Flink: it says what only Millrace's goals ask for. */
  readonly isOursOnly?: boolean
} & Partial<Pick<RunOptions, 'backend' | 'isCheckpointed' | 'args'>>

/** A subject of `recoverOn…`: checkpoints lie in files unless it says where. */
export type RecoverySubject = Pick<RecoveryOptions, 'job' | 'strike' | 'args' | 'runs'> &
  Partial<Pick<RecoveryOptions, 'settings' | 'storage'>> & {
    /** The strike comes no sooner. */
    readonly warmSecondsMin?: number
  }

export interface Suite {
  readonly throughput: Readonly<Record<string, ThroughputSubject>>
  readonly recovery: Readonly<Record<string, RecoverySubject>>
  readonly rescale?: Readonly<Record<string, Omit<RescaleOptions, 'subject' | 'warmSeconds'>>>
  readonly savepoint?: Readonly<Record<string, Omit<SavepointOptions, 'subject' | 'warmSeconds'>>>
}

const unchecked = { isCheckpointed: false }
const ourUnchecked = { ...unchecked, isOursOnly: true }
const largeState = { keys: '1000000' }
const largeObjects = { ...largeState, value: 'object' }
/** All keys at once, then one of a hundred in a second. */
const onePercent = { ...largeObjects, burst: '3000000', rate: '10000' }

/** All keys at once, then each again within 20 seconds. */
const verifiedObjects = { ...largeState, burst: '1000000', rate: '50000' }
/** More comes than can be counted; each record keeps its subtask busy for as long. */
const backpressure: RecoverySubject = {
  ...{ job: 'verified-count', strike: 'task-failure', runs: 2, warmSecondsMin: 30 },
  args: { keys: '10000', busyMicros: '100' },
}
const unaligned = { 'execution.checkpointing.unaligned.enabled': 'true' }
const restored: RecoverySubject = {
  ...{ job: 'verified-count', strike: 'task-failure', runs: 3, warmSecondsMin: 20 },
  args: verifiedObjects,
}
const localCopies = { 'execution.checkpointing.local-backup.enabled': 'true' }

/** What can be measured together. */
export const suites = {
  jobs: {
    throughput: {
      passthrough: { job: 'passthrough' },
      shuffle: { job: 'shuffle' },
      'keyed-count': { job: 'keyed-count' },
      'keyed-count-leveldb': { job: 'keyed-count', backend: 'leveldb' },
      'word-count': { job: 'word-count' },
      latency: { job: 'keyed-count', args: { rate: '50000', latency: '1' } },
    },
    recovery: {},
  },
  checkpoints: {
    throughput: {
      'keyed-count': { job: 'keyed-count' },
      'keyed-count-unchecked': { job: 'keyed-count', ...unchecked },
      'million-numbers': { job: 'large-state', args: largeState },
      'million-numbers-unchecked': { job: 'large-state', args: largeState, ...ourUnchecked },
      'million-objects': { job: 'large-state', args: largeObjects },
      'million-objects-unchecked': { job: 'large-state', args: largeObjects, ...ourUnchecked },
    },
    recovery: {},
  },
  recovery: {
    throughput: {},
    recovery: {
      'kill -9 of a TaskManager': {
        ...{ job: 'keyed-count', strike: 'kill-taskmanager', runs: 5 },
        args: { rate: '50000' },
      },
      'exception in a task': {
        ...{ job: 'large-state', strike: 'task-failure', runs: 5 },
        args: { rate: '50000' },
      },
      'exception, 1 M keys in objects': {
        ...{ job: 'large-state', strike: 'task-failure', runs: 2 },
        args: onePercent,
      },
    },
  },
  unaligned: {
    throughput: {},
    recovery: {
      aligned: backpressure,
      unaligned: { ...backpressure, settings: unaligned },
      'aligned, unaligned after 1 s': {
        ...backpressure,
        settings: { ...unaligned, 'execution.checkpointing.aligned-checkpoint-timeout': '1 s' },
      },
    },
  },
  rescale: {
    throughput: {},
    recovery: {},
    rescale: {
      'rescale, 1 M keys in objects': {
        ...{ job: 'verified-count', parallelisms: [2, 4, 1], slotsPerTaskManager: 2, runs: 3 },
        args: { ...verifiedObjects, splits: '4' },
      },
    },
  },
  savepoint: {
    throughput: {},
    recovery: {},
    savepoint: {
      'savepoint, 1 M keys in objects': {
        ...{ job: 'verified-count', parallelism: 2, runs: 3, args: verifiedObjects },
      },
    },
  },
  storage: {
    throughput: {},
    recovery: {
      files: restored,
      'files and local copies': { ...restored, settings: localCopies },
      S3: { ...restored, storage: 's3' },
      'S3 and local copies': { ...restored, storage: 's3', settings: localCopies },
    },
  },
} as const satisfies Readonly<Record<string, Suite>>

export type SuiteName = keyof typeof suites
