import type { TypeInformation } from '@millrace/core'

/** Settings of a DataGenSource. */
export interface DataGenSourceOptions<T> {
  /** Records in all; without it the source never ends. */
  readonly count?: number
  /** Records a second of all subtasks together; without it as fast as they are taken. */
  readonly recordsPerSecond?: number
  /**
   * Split k of n has the indexes ≡ k (mod n), and is read by one subtask. Set it where the job may
   * go on at a higher parallelism than it began with. Default: as many as subtasks.
   */
  readonly splitCount?: number
  readonly outputType?: TypeInformation<T>
}
