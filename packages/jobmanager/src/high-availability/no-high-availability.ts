import { type BundleHash, MillraceError } from '@millrace/core'
import type { HighAvailabilityServices, RecoverableJob } from './high-availability-services.ts'

/** Jobs end with their JobManager. */
export class NoHighAvailability implements HighAvailabilityServices {
  readonly isEnabled = false
  readonly epoch = 0

  async open(): Promise<readonly RecoverableJob[]> {
    return []
  }

  async addJob(): Promise<void> {}

  readBundle(hash: BundleHash): Promise<Uint8Array> {
    return Promise.reject(
      new MillraceError('FILE_NOT_FOUND', `No bundle ${hash} is kept without high availability.`),
    )
  }

  async removeJob(): Promise<void> {}

  async addCheckpoint(): Promise<void> {}

  async removeCheckpoints(): Promise<void> {}

  async confirmLeadership(): Promise<void> {}
}
