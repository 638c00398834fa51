import { randomBytes } from 'node:crypto'
import {
  access,
  copyFile,
  link,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type ErrorCode,
  type FileContent,
  type FileSystem,
  type ListedFile,
  MillraceError,
} from '@millrace/core'
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

  async readFileRange(
    path: string,
    offset: number,
    length: number,
  ): Promise<Uint8Array | undefined> {
    try {
      return await readRange(path, offset, length)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw failed('FILE_READ_FAILED', 'read', path, error)
    }
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    await throughTemporary(path, async (temporary) => {
      await writeDurably(temporary, content)
      await rename(temporary, path)
      await sync(dirname(path))
    })
  }

  async writeFile(path: string, content: Uint8Array): Promise<void> {
    await writeFile(path, content).catch((error: unknown) => {
      throw failed('FILE_WRITE_FAILED', 'written', path, error)
    })
  }

  /** A hard link is made by one only, and what it leads to is whole: `open` with `wx` is not. */
  async createFileAtomically(
    path: string,
    content: Uint8Array,
    confirm?: () => Promise<void>,
  ): Promise<boolean> {
    return throughTemporary(path, async (temporary) => {
      await writeDurably(temporary, content)
      await confirm?.()
      const isMade = await linkUnlessThere(temporary, path)
      await rm(temporary, { force: true })
      if (isMade) await sync(dirname(path)).catch((error) => takenBack(path, error))
      return isMade
    })
  }

  async linkOrCopyFile(from: string, to: string): Promise<boolean> {
    if (!(await this.exists(from))) return false
    await throughTemporary(to, async (temporary) => {
      if (!(await linkIfPossible(from, to))) {
        await copyFile(from, temporary)
        await sync(temporary)
        await linkUnlessThere(temporary, to)
        await rm(temporary, { force: true })
      }
      await sync(dirname(to))
    })
    return true
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

  async listRecursively(path: string): Promise<readonly ListedFile[]> {
    const files: ListedFile[] = []
    try {
      await addFilesBelow(path, '', files)
    } catch (error) {
      throw failed('FILE_READ_FAILED', 'listed', path, error)
    }
    return files
  }

  async makeDirectory(path: string): Promise<void> {
    try {
      for (const made of makeDirectorySync(path)) await sync(dirname(made))
    } catch (error) {
      throw failed('FILE_WRITE_FAILED', 'made', path, error)
    }
  }

  async removeDirectory(path: string): Promise<boolean> {
    try {
      await rmdir(path)
      return true
    } catch (error) {
      if (keptReasons.has(codeOf(error))) return false
      throw failed('FILE_WRITE_FAILED', 'deleted', path, error)
    }
  }
}

/** Why a folder stays: missing, no folder, not empty, a mount point, in a folder that is not ours. */
const keptReasons: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENOTEMPTY',
  'EEXIST',
  'EBUSY',
  'EACCES',
  'EPERM',
])

/** Runs `operate` with a name beside `path`, which is gone afterwards whatever happened. */
async function throughTemporary<Result>(
  path: string,
  operate: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    return await operate(temporary)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    // What somebody else refused is no failure of the disk.
    throw error instanceof MillraceError
      ? error
      : failed('FILE_WRITE_FAILED', 'written', path, error)
  }
}

async function readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
    let done = 0
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  } finally {
    await file.close()
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

/**
 * False where `path` exists already. A network file system may ask its server twice, and the second
 * answer is that the link exists: then the file has two names.
 */
async function linkUnlessThere(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return (await stat(temporary)).nlink > 1
  }
}

/** Why there are no two names for it: another disk, or one that knows no links. */
const unlinkedReasons: ReadonlySet<unknown> = new Set([
  'EXDEV',
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
])

/** A second name; false where the content has to be copied. */
async function linkIfPossible(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return true
    if (unlinkedReasons.has(codeOf(error))) return false
    throw error
  }
}

/** What was reported as failed must not be found later. */
async function takenBack(path: string, error: unknown): Promise<never> {
  await rm(path, { force: true })
  throw error
}

/** Makes a file's content survive a loss of power, or new names in a folder. */
async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** What is deleted while it is being listed is left out. */
async function addFilesBelow(root: string, folder: string, files: ListedFile[]): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(noneIfMissing)
  for (const entry of entries ?? []) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      await addFilesBelow(root, name, files)
      continue
    }
    const status = await stat(join(root, name)).catch(noneIfMissing)
    if (status === undefined || !status.isFile()) continue
    files.push({ name, sizeBytes: status.size, modifiedAtMs: status.mtimeMs })
  }
}

function noneIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function failed(code: ErrorCode, verb: string, path: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError(
    code,
    `${path} could not be ${verb}: ${reason}. Look at the disk, its free space and permissions.`,
    { cause, blame: 'external', disposition: 'retry', details: { path } },
  )
}
