import { type CheckpointStorage, MillraceError } from '@millrace/core'
import { checkpointingDirectory } from '@millrace/core/config'

const probeName = 'probe'

/**
 * Writes a file where the checkpoints of a job will be, and deletes it. Rejects with
 * CHECKPOINT_DIRECTORY_UNUSABLE: told at the submission, it is not found out checkpoint by
 * checkpoint.
 */
export async function probeCheckpointStorage(storage: CheckpointStorage): Promise<void> {
  try {
    await storage.create(probeName, new Uint8Array())
    // A store that does not refuse would let two JobManagers complete the same checkpoint.
    const isMadeTwice = await storage.create(probeName, new Uint8Array())
    await storage.delete(probeName)
    if (isMadeTwice) throw overwrites(storage.location)
  } catch (cause) {
    throw unusable(storage.location, cause)
  }
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
  // The file system's error wraps that of the system, which has the number and the call.
  const inner = error instanceof MillraceError && error.cause !== undefined ? error.cause : error
  const reason = inner instanceof Error ? inner.message : String(inner)
  const errno = inner instanceof Error && 'code' in inner ? { errno: String(inner.code) } : {}
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
