import { randomBytes } from 'node:crypto'
import { access, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type ErrorCode, type FileContent, type FileSystem, MillraceError } from '@millrace/core'
import { makeDirectorySync } from './make-directory.ts'

/**
 * The disk. Failures are FILE_READ_FAILED or FILE_WRITE_FAILED with the system's error as cause.
 */
export class NodeFileSystem implements FileSystem {
  async readFile(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(path)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw failed('FILE_READ_FAILED', 'read', path, error)
    }
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
    try {
      await writeDurably(temporary, content)
      await rename(temporary, path)
      await syncDirectory(dirname(path))
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw failed('FILE_WRITE_FAILED', 'written', path, error)
    }
  }

  async exists(path: string): Promise<boolean> {
    return access(path).then(
      () => true,
      () => false,
    )
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true }).catch((error: unknown) => {
      throw failed('FILE_WRITE_FAILED', 'deleted', path, error)
    })
  }

  async list(path: string): Promise<readonly string[]> {
    try {
      return await readdir(path)
    } catch (error) {
      if (isMissing(error)) return []
      throw failed('FILE_READ_FAILED', 'listed', path, error)
    }
  }

  async makeDirectory(path: string): Promise<void> {
    try {
      makeDirectorySync(path)
    } catch (error) {
      throw failed('FILE_WRITE_FAILED', 'made', path, error)
    }
  }
}

async function writeDurably(path: string, content: FileContent): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a rename in this folder survive a loss of power. */
async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function failed(code: ErrorCode, verb: string, path: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError(
    code,
    `${path} could not be ${verb}: ${reason}. Look at the disk, its free space and permissions.`,
    { cause, blame: 'external', disposition: 'retry', details: { path } },
  )
}
