import { type CheckpointStorage, MillraceError } from '@millrace/core'
import { checkpointingDirectory } from '@millrace/core/config'

const probeName = 'probe'

/**
 * Writes a file where the checkpoints of a job will be, and deletes it. Rejects with
 * CHECKPOINT_DIRECTORY_UNUSABLE: told at the submission, it is not found out checkpoint by
 * checkpoint. `isTakenOver`: another JobManager may take over the job.
 */
export async function probeCheckpointStorage(
  storage: CheckpointStorage,
  isTakenOver: boolean,
): Promise<void> {
  try {
    const { isUnfinishedSeen } = await probe(storage)
    if (isTakenOver && !isUnfinishedSeen) throw unseen(storage.location)
  } catch (cause) {
    throw unusable(storage.location, cause)
  }
}

/** The same where a savepoint will be. Rejects with SAVEPOINT_TARGET_UNUSABLE. */
export async function probeSavepointTarget(storage: CheckpointStorage): Promise<void> {
  try {
    await probe(storage)
  } catch (cause) {
    throw targetUnusable(storage.location, cause)
  }
}

async function probe(storage: CheckpointStorage): Promise<{ readonly isUnfinishedSeen: boolean }> {
  const content = new Uint8Array()
  let isUnfinishedSeen = false
  const look = async (): Promise<void> => {
    const names = (await storage.inspect('')).map(({ name }) => name)
    isUnfinishedSeen = names.some((name) => name.startsWith(probeName) && name.endsWith('.tmp'))
  }
  await storage.create(probeName, content, look)
  // A store that does not refuse would let two JobManagers complete the same checkpoint.
  const isOverwritten =
    (await storage.create(probeName, content)) ||
    (await storage.create(probeName, content, async () => {}))
  await storage.delete(probeName)
  if (isOverwritten) throw overwrites(storage.location)
  return { isUnfinishedSeen }
}

/** Whoever takes over deletes unfinished metadata, so that it is not completed later. */
function unseen(path: string): MillraceError {
  return new MillraceError(
    'FILE_WRITE_FAILED',
    `the server does not list unfinished uploads below ${path}, which high availability needs`,
    { blame: 'external', disposition: 'reject-request', details: { path } },
  )
}

function overwrites(path: string): MillraceError {
  return new MillraceError(
    'FILE_WRITE_FAILED',
    `${path} overwrites a file that was to be written only if it is not there: the server does ` +
      'not know If-None-Match',
    { blame: 'external', disposition: 'reject-request', details: { path } },
  )
}

function unusable(path: string, error: unknown): MillraceError {
  const { key } = checkpointingDirectory
  const { reason, errno } = reasonOf(error)
  return new MillraceError(
    'CHECKPOINT_DIRECTORY_UNUSABLE',
    `The job's checkpoints cannot be written to ${path}: ${reason}. Make ${key} a directory in ` +
      'which the JobManager and all TaskManagers may make files, or name another one with --set.',
    {
      cause: error,
      blame: 'external',
      disposition: 'reject-request',
      details: { key, path, ...errno },
    },
  )
}

function targetUnusable(path: string, error: unknown): MillraceError {
  const { reason, errno } = reasonOf(error)
  return new MillraceError(
    'SAVEPOINT_TARGET_UNUSABLE',
    `A savepoint cannot be written to ${path}: ${reason}. Nothing was asked of the job. Name a ` +
      'directory in which the JobManager may make files.',
    {
      cause: error,
      blame: 'external',
      disposition: 'reject-request',
      details: { path, ...errno },
    },
  )
}

/** The file system's error wraps that of the system, which has the number and the call. */
function reasonOf(error: unknown): { readonly reason: string; readonly errno: { errno?: string } } {
  const inner = error instanceof MillraceError && error.cause !== undefined ? error.cause : error
  const text = inner instanceof Error ? inner.message : String(inner)
  const reason = text.replace(/\.$/, '')
  const errno = inner instanceof Error && 'code' in inner ? { errno: String(inner.code) } : {}
  return { reason, errno }
}
