import { constants } from 'node:fs'
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { platform } from 'node:process'
import { MillraceError } from '@millrace/core'
import type { OutputFile, OutputFiles } from '../file/sink/output-files.ts'

/** The file system of the machine the code runs on. */
export const nodeOutputFiles: OutputFiles = {
  makeFolder: async (path) => {
    await orFail(path, makeFolder(path))
  },
  create: async (path) => {
    try {
      return new NodeOutputFile(path, await openNew(path))
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause
      throw writeFailed(path, cause)
    }
  },
  copyStart: async (source, target, lengthBytes) => {
    // A new file, not that of an attempt that may still have it open; a clone, if one can be made.
    await orFail(target, rm(target, { force: true }))
    await orFail(target, copyFile(source, target, constants.COPYFILE_FICLONE))
    const handle = await orFail(target, open(target, 'a'))
    await orFail(target, handle.truncate(lengthBytes))
    return new NodeOutputFile(target, handle)
  },
  list: async (folder) => {
    try {
      return await readdir(folder)
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
      throw writeFailed(resolve(folder), cause)
    }
  },
  sizeOf: async (path) => {
    try {
      return (await stat(path)).size
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
      throw writeFailed(path, cause)
    }
  },
  remove: (path) => orFail(path, rm(path, { force: true })),
  rename: (source, target) => orFail(target, rename(source, target)),
  syncFolder: async (path) => {
    // Windows opens no folders; it keeps names in a journal.
    if (platform === 'win32') return
    const handle = await orFail(path, open(path, 'r'))
    try {
      await orFail(path, handle.sync())
    } finally {
      await handle.close()
    }
  },
  resolve,
}

class NodeOutputFile implements OutputFile {
  readonly #path: string
  readonly #handle: FileHandle

  constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  async write(bytes: Uint8Array): Promise<void> {
    // One call may write a part only, on a disk that fills up for instance.
    let offset = 0
    while (offset < bytes.length) {
      const { bytesWritten } = await orFail(this.#path, this.#handle.write(bytes, offset))
      offset += bytesWritten
    }
  }

  async sync(): Promise<void> {
    await orFail(this.#path, this.#handle.sync())
  }

  async close(): Promise<void> {
    await orFail(this.#path, this.#handle.close())
  }
}

/** Two sinks that wrote to one file would write over each other; a device or a pipe takes many. */
async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
    if ((await stat(path)).isFile()) throw taken(path)
    return await open(path, 'w')
  }
}

/** Node's recursive mkdir tries for ever below a link that leads nowhere, and below /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    if (cause.code === 'EEXIST') return
    if (cause.code !== 'ENOENT' || dirname(path) === path) throw cause
    await makeFolder(dirname(path))
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      // Another subtask was faster.
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function orFail<R>(path: string, work: Promise<R>): Promise<R> {
  try {
    return await work
  } catch (cause) {
    throw writeFailed(path, cause)
  }
}

function taken(path: string): MillraceError {
  const message =
    `File ${path} is being written already. Do two sinks of the job write into one folder? Give ` +
    'each a folder of its own.'
  return new MillraceError('FILE_WRITE_FAILED', message, {
    blame: 'user',
    disposition: 'fail-job',
    details: { path },
  })
}

function writeFailed(path: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message =
    `File ${path} cannot be written: ${reason}. Its folder must have room and be writable for ` +
    `the user that the TaskManagers run as, on every machine of the cluster.`
  return new MillraceError('FILE_WRITE_FAILED', message, {
    cause,
    disposition: 'retry',
    blame: 'external',
    details: { path },
  })
}
