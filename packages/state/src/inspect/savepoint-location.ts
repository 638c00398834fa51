import { type CheckpointStorage, type CompletedCheckpoint, MillraceError } from '@millrace/core'
import { checkpointIdOfMetadata } from '../checkpoint/checkpoint-files.ts'
import { decodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'

/** A savepoint or a retained checkpoint that was found. */
export interface FoundSavepoint {
  /** Names in `completed` are relative to it. */
  readonly storage: CheckpointStorage
  readonly completed: CompletedCheckpoint
}

const metadataFile = '_metadata'

/**
 * The savepoint in a folder, or the checkpoint of which the folder is `<dir>/<job>/chk-<n>`; the
 * path of `_metadata` in it will do too.
 *
 * @throws MillraceError SAVEPOINT_NOT_FOUND where there is none, CHECKPOINT_CORRUPT where it is
 *   damaged or of a later format.
 */
export async function findSavepoint(
  location: string,
  storageOf: (location: string) => CheckpointStorage,
): Promise<FoundSavepoint> {
  const folder = location.replace(/\/+$/, '').replace(/\/_metadata$/, '') || '/'
  const name = folder.slice(folder.lastIndexOf('/') + 1)
  const own = storageOf(folder)
  const bytes = await readMetadata(own, folder)
  const completed = decodeCheckpointMetadata(bytes, `${own.location}/${metadataFile}`)
  const isCheckpoint = checkpointIdOfMetadata(`${name}/${metadataFile}`) !== undefined
  const isOfJob = isCheckpoint && completed.kind === 'checkpoint'
  const storage = isOfJob ? storageOf(parentOf(folder)) : own
  return { storage, completed }
}

async function readMetadata(storage: CheckpointStorage, folder: string): Promise<Uint8Array> {
  try {
    return await storage.read(metadataFile)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'FILE_NOT_FOUND') throw error
    throw noSavepoint(folder, await checkpointsIn(storage), error)
  }
}

/** Newest first. */
async function checkpointsIn(storage: CheckpointStorage): Promise<readonly string[]> {
  const names = await storage.list('').catch(() => [])
  const ids = names.map(checkpointIdOfMetadata).filter((id) => id !== undefined)
  return ids.sort((a, b) => b - a).map((id) => `chk-${id}`)
}

function noSavepoint(folder: string, checkpoints: readonly string[], cause: Error): MillraceError {
  const [latest] = checkpoints
  const advice =
    latest === undefined
      ? 'Give the folder of a savepoint, or of a checkpoint that was retained: ' +
        '<execution.checkpointing.dir>/<job>/chk-<n>.'
      : `It has the checkpoints ${checkpoints.slice(0, 5).join(', ')}: give one of them, such as ` +
        `${folder}/${latest}.`
  return new MillraceError(
    'SAVEPOINT_NOT_FOUND',
    `${folder} is neither a savepoint nor a checkpoint: there is no ${metadataFile} in it. ` +
      advice,
    { cause, blame: 'user', disposition: 'reject-request', details: { path: folder } },
  )
}

function parentOf(folder: string): string {
  const end = folder.lastIndexOf('/')
  return end < 0 ? '.' : folder.slice(0, Math.max(1, end))
}
