import type { CheckpointStorage, CompletedCheckpoint } from '@millrace/core'
import { checkpointMetadataName, filesOfCheckpoint } from '../checkpoint/checkpoint-files.ts'
import { readStoredCheckpoints } from '../checkpoint/completed-checkpoints.ts'
import { discardSavepoint } from '../checkpoint/savepoint.ts'
import type { SavepointFiles } from './import-savepoint.ts'

/**
 * Deletes a savepoint that a job has taken over: the metadata first, then what it names. Of a
 * checkpoint of a job that is over, only what no other checkpoint of that job names.
 */
export async function claimSavepoint({ storage, completed }: SavepointFiles): Promise<void> {
  if (completed.kind === 'savepoint') await discardSavepoint(storage, completed)
  else await discardCheckpoint(storage, completed)
}

/** Deletes a completed checkpoint, and the files that no other one in the storage names. */
export async function discardCheckpoint(
  storage: CheckpointStorage,
  completed: CompletedCheckpoint,
): Promise<void> {
  await storage.delete(checkpointMetadataName(completed.checkpointId))
  const others = await readStoredCheckpoints(storage)
  // Who knows what these name.
  if (others.unreadable.length > 0) return
  const named = new Set(others.completed.flatMap((each) => filesOfCheckpoint(each)).map(nameOf))
  for (const { name } of filesOfCheckpoint(completed)) {
    if (!named.has(name)) await storage.delete(name)
  }
  await storage.removeEmptyFolders()
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}
