import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { FileAccess, OpenFile } from '../file/file-access.ts'
import { discoverFiles } from './file-discovery.ts'
import { fileReadFailed } from './file-read-failure.ts'

/** The file system of the machine the code runs on. */
export const nodeFileAccess: FileAccess = {
  discover: discoverFiles,
  open: async (path) => {
    try {
      return new NodeOpenFile(path, await open(path, constants.O_RDONLY))
    } catch (cause) {
      throw fileReadFailed(path, cause)
    }
  },
}

class NodeOpenFile implements OpenFile {
  readonly #path: string
  readonly #handle: FileHandle

  constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    try {
      const { bytesRead } = await this.#handle.read(buffer, offset, length, position)
      return bytesRead
    } catch (cause) {
      throw fileReadFailed(this.#path, cause)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}
