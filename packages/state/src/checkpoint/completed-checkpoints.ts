import { type CheckpointStorage, type CompletedCheckpoint, MillraceError } from '@millrace/core'
import { checkpointIdOfMetadata, checkpointMetadataName } from './checkpoint-files.ts'
import { decodeCheckpointMetadata, encodeCheckpointMetadata } from './checkpoint-metadata.ts'

/** The completed checkpoints that lie in a job's storage. */
export interface StoredCheckpoints {
  /** Oldest first. */
  readonly completed: readonly CompletedCheckpoint[]
  /** Those whose metadata is damaged, or cannot be read now. */
  readonly unreadable: readonly { readonly checkpointId: number; readonly error: MillraceError }[]
}

/**
 * Completes a checkpoint: once this resolves with true it is durable. False where that checkpoint
 * is completed already, by whomever. `confirm` is asked when all is written but the name; see
 * CheckpointStorage.create.
 */
export function writeCheckpointMetadata(
  storage: CheckpointStorage,
  completed: CompletedCheckpoint,
  confirm?: () => Promise<void>,
): Promise<boolean> {
  const name = checkpointMetadataName(completed.checkpointId)
  return storage.create(name, encodeCheckpointMetadata(completed), confirm)
}

/** Rejects with FILE_NOT_FOUND, FILE_READ_FAILED or CHECKPOINT_CORRUPT. */
export async function readCheckpointMetadata(
  storage: CheckpointStorage,
  checkpointId: number,
): Promise<CompletedCheckpoint> {
  const name = checkpointMetadataName(checkpointId)
  const origin = `${storage.location}/${name}`
  const completed = decodeCheckpointMetadata(await storage.read(name), origin)
  if (completed.checkpointId === checkpointId) return completed
  throw new MillraceError(
    'CHECKPOINT_CORRUPT',
    `${origin} is the metadata of checkpoint ${completed.checkpointId}. Somebody moved it: put ` +
      'it back, or delete it.',
    { blame: 'external', disposition: 'retry', details: { path: origin } },
  )
}

/** Reads what is there; one deleted meanwhile is left out. Rejects where nothing can be listed. */
export async function readStoredCheckpoints(
  storage: CheckpointStorage,
): Promise<StoredCheckpoints> {
  const ids = (await storage.list(''))
    .map(checkpointIdOfMetadata)
    .filter((id) => id !== undefined)
    .sort((a, b) => a - b)
  const completed: CompletedCheckpoint[] = []
  const unreadable: { checkpointId: number; error: MillraceError }[] = []
  for (const checkpointId of ids) {
    try {
      completed.push(await readCheckpointMetadata(storage, checkpointId))
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      if (error.code !== 'FILE_NOT_FOUND') unreadable.push({ checkpointId, error })
    }
  }
  return { completed, unreadable }
}
