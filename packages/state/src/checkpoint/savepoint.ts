import { type CheckpointStorage, type CompletedCheckpoint, MillraceError } from '@millrace/core'
import { copiesMax, inParallel } from '../storage/in-parallel.ts'
import { type CheckpointFile, filesOfCheckpoint } from './checkpoint-files.ts'
import { decodeCheckpointMetadata, encodeCheckpointMetadata } from './checkpoint-metadata.ts'

// A savepoint is a checkpoint that has a directory to itself:
//   _metadata                         what makes it one; created last, deleted first
//   <attempt>/<checkpoint>-<sha256>   the files it names
// Names are relative to that directory, so it may be moved and copied as a whole.

/** Of a savepoint, in its own directory. */
export const savepointMetadataName = '_metadata'

export interface SavepointWriting {
  /** Asked between files; false: it is given up, with CHECKPOINT_ABORTED. */
  readonly isWanted: () => boolean
  readonly onCopied: (file: CheckpointFile) => void
}

/**
 * Makes a savepoint of a checkpoint whose files nobody deletes meanwhile. Once this resolves it is
 * durable; where it rejects, nothing of it is left but what cannot be deleted.
 *
 * @param target Of the savepoint alone; there is nothing in it yet.
 */
export async function writeSavepoint(
  source: CheckpointStorage,
  target: CheckpointStorage,
  checkpoint: CompletedCheckpoint,
  writing: SavepointWriting,
): Promise<void> {
  const savepoint: CompletedCheckpoint = { ...checkpoint, kind: 'savepoint' }
  try {
    await copyFiles(source, target, filesOfCheckpoint(savepoint), writing)
    const content = encodeCheckpointMetadata(savepoint)
    if (await target.create(savepointMetadataName, content)) return
  } catch (error) {
    await discardSavepoint(target, savepoint).catch(() => {
      // What could not be written for long cannot be deleted either.
    })
    throw error
  }
  throw new MillraceError(
    'CHECKPOINT_FAILED',
    `${target.location} is a savepoint already. Take it again: each gets a directory of its own.`,
    { blame: 'external', disposition: 'retry', details: { path: target.location } },
  )
}

/** Rejects with SAVEPOINT_NOT_FOUND, FILE_READ_FAILED or CHECKPOINT_CORRUPT. */
export async function readSavepointMetadata(
  storage: CheckpointStorage,
): Promise<CompletedCheckpoint> {
  const origin = `${storage.location}/${savepointMetadataName}`
  let content: Uint8Array
  try {
    content = await storage.read(savepointMetadataName)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'FILE_NOT_FOUND') throw error
    throw notFound(storage.location, `it has no ${savepointMetadataName}`, error)
  }
  return decodeCheckpointMetadata(content, origin)
}

/**
 * Deletes a savepoint: the metadata first, then exactly what it names. Rejects, having deleted
 * nothing, where there is none: SAVEPOINT_NOT_FOUND, FILE_READ_FAILED or CHECKPOINT_CORRUPT.
 */
export async function disposeSavepoint(storage: CheckpointStorage): Promise<CompletedCheckpoint> {
  const savepoint = await readSavepointMetadata(storage)
  if (savepoint.kind !== 'savepoint') {
    const { checkpointId, jobId } = savepoint
    throw notFound(storage.location, `it is checkpoint ${checkpointId} of job ${jobId}`)
  }
  await discardSavepoint(storage, savepoint)
  return savepoint
}

/** The same for one whose metadata is known, or of which there may be a part only. */
export async function discardSavepoint(
  storage: CheckpointStorage,
  savepoint: CompletedCheckpoint,
): Promise<void> {
  await storage.delete(savepointMetadataName)
  for (const { name } of filesOfCheckpoint(savepoint)) await storage.delete(name)
  await storage.removeEmptyFolders()
}

/** Settles when no copy is under way any more. */
async function copyFiles(
  source: CheckpointStorage,
  target: CheckpointStorage,
  files: readonly CheckpointFile[],
  { isWanted, onCopied }: SavepointWriting,
): Promise<void> {
  const checkWanted = (): void => {
    if (!isWanted()) throw notWanted(target.location)
  }
  await inParallel(files, copiesMax, async (file) => {
    checkWanted()
    await target.copyFrom(source, file.name)
    onCopied(file)
  })
  checkWanted()
}

function notWanted(path: string): MillraceError {
  const message = `The savepoint ${path} was given up before it was complete.`
  return new MillraceError('CHECKPOINT_ABORTED', message, {
    blame: 'external',
    disposition: 'retry',
    details: { path },
  })
}

function notFound(path: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'SAVEPOINT_NOT_FOUND',
    `${path} is no savepoint: ${reason}. Name the directory that \`millrace savepoint\` printed, ` +
      'which holds its _metadata.',
    { cause, blame: 'user', disposition: 'reject-request', details: { path } },
  )
}
