import type { CheckpointStorage } from '@millrace/core'

/**
 * Where the files of a restore come from: checkpoint storage is one. What is read is the restore's
 * own, which gives its memory back.
 */
export interface RestoreSource extends Pick<CheckpointStorage, 'location' | 'read'> {
  /** Throws where nobody waits for the restore any more. Asked between slices of the work. */
  checkWanted?(): void
}
