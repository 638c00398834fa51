import type { CheckpointStorage } from '@millrace/core'
import { inParallel } from './in-parallel.ts'

/** A store that is far away takes its time for each. */
const atATimeMax = 16

/**
 * Deletes files in no order, some at a time. Where one cannot be deleted no more are begun, and it
 * rejects with that failure.
 */
export async function deleteFiles(
  storage: Pick<CheckpointStorage, 'delete'>,
  names: readonly string[],
): Promise<void> {
  await inParallel(names, atATimeMax, (name) => storage.delete(name))
}
