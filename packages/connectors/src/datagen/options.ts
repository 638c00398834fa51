import type { TypeInformation } from '@millrace/core'

/** Settings of a DataGenSource. */
export interface DataGenSourceOptions<T> {
  /** Records in all; without it the source never ends. */
  readonly count?: number
  /** Records a second of all subtasks together; without it as fast as they are taken. */
  readonly recordsPerSecond?: number
  readonly outputType?: TypeInformation<T>
}
