import type { RecoveryOptions, RunOptions } from './measurement.ts'

/** A subject of `runOn…`: what differs from a job on the heap with a checkpoint every second. */
export type ThroughputSubject = {
  readonly job: string
  /** Not run on Flink: it says what only Millrace's goals ask for. */
  readonly isOursOnly?: boolean
} & Partial<Pick<RunOptions, 'backend' | 'isCheckpointed' | 'args'>>

/** A subject of `recoverOn…`. */
export type RecoverySubject = Pick<RecoveryOptions, 'job' | 'strike' | 'args' | 'runs'>

export interface Suite {
  readonly throughput: Readonly<Record<string, ThroughputSubject>>
  readonly recovery: Readonly<Record<string, RecoverySubject>>
}

const unchecked = { isCheckpointed: false }
const ourUnchecked = { ...unchecked, isOursOnly: true }
const largeState = { keys: '1000000' }
const largeObjects = { ...largeState, value: 'object' }
/** All keys at once, then one of a hundred in a second. */
const onePercent = { ...largeObjects, burst: '3000000', rate: '10000' }

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
} as const satisfies Readonly<Record<string, Suite>>

export type SuiteName = keyof typeof suites
