import {
  type CheckpointStorage,
  type FileSystem,
  type ListedFile,
  MillraceError,
} from '@millrace/core'
import {
  checkStorageFolder,
  checkStorageName,
  checkWrittenName,
  isTemporaryName,
} from './storage-name.ts'

/** A folder is deleted when its last file is; a writer that meets that makes it again. */
const writeAttemptsMax = 3

/**
 * Checkpoint storage in a directory that every process of the cluster sees under the same path: a
 * disk of this machine, or a network file system that knows hard links.
 */
export class FileSystemCheckpointStorage implements CheckpointStorage {
  readonly location: string
  readonly #files: FileSystem
  /** Folders that were there when they were last looked for. */
  readonly #knownFolders = new Set<string>()

  /** `directory` is the job's own, absolute; it is made with the first write. */
  constructor(files: FileSystem, directory: string) {
    this.#files = files
    this.location = directory.length > 1 ? directory.replace(/\/+$/, '') : directory
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    checkWrittenName(name)
    await this.#inFolder(name, () => this.#files.writeFileAtomically(this.#pathOf(name), content))
  }

  async create(name: string, content: Uint8Array, confirm?: () => Promise<void>): Promise<boolean> {
    checkWrittenName(name)
    const path = this.#pathOf(name)
    return this.#inFolder(name, () => this.#files.createFileAtomically(path, content, confirm))
  }

  async read(name: string): Promise<Uint8Array> {
    checkStorageName(name)
    const path = this.#pathOf(name)
    const content = await this.#files.readFile(path)
    if (content !== undefined) return content
    throw missing(path)
  }

  async readRange(name: string, offset: number, length: number): Promise<Uint8Array> {
    checkStorageName(name)
    const path = this.#pathOf(name)
    const content = await this.#files.readFileRange(path, offset, length)
    if (content !== undefined) return content
    throw missing(path)
  }

  async copyFrom(source: CheckpointStorage, name: string): Promise<void> {
    checkWrittenName(name)
    if (!(source instanceof FileSystemCheckpointStorage)) {
      await this.create(name, await source.read(name))
      return
    }
    const [from, to] = [source.#pathOf(name), this.#pathOf(name)]
    const isThere = await this.#inFolder(name, () => this.#files.linkOrCopyFile(from, to))
    if (!isThere) throw missing(from)
  }

  async delete(name: string): Promise<void> {
    checkStorageName(name)
    await this.#files.remove(this.#pathOf(name))
    await this.#removeEmptyFolders(folderOf(name))
  }

  async list(folder: string): Promise<readonly string[]> {
    const files = await this.inspect(folder)
    return files.map(({ name }) => name).filter((name) => !isTemporaryName(name))
  }

  async inspect(folder: string): Promise<readonly ListedFile[]> {
    checkStorageFolder(folder)
    const files = await this.#files.listRecursively(this.#pathOf(folder))
    const prefix = folder === '' ? '' : `${folder}/`
    return files
      .map((file) => ({ ...file, name: `${prefix}${file.name}` }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async removeEmptyFolders(): Promise<void> {
    for (const name of await this.#files.list(this.location)) await this.#removeEmptyFolders(name)
  }

  /** Writes into the folder of `name`, which may not be there yet, or no longer. */
  async #inFolder<Result>(name: string, write: () => Promise<Result>): Promise<Result> {
    const folder = this.#pathOf(folderOf(name))
    for (let attempt = 1; ; attempt++) {
      if (!this.#knownFolders.has(folder)) {
        await this.#files.makeDirectory(folder)
        this.#knownFolders.add(folder)
      }
      try {
        return await write()
      } catch (error) {
        this.#knownFolders.delete(folder)
        const isGone = !(await this.#files.exists(folder))
        if (!isGone || attempt === writeAttemptsMax) throw error
      }
    }
  }

  /** From this folder up to the job's own, as long as there is nothing in them. */
  async #removeEmptyFolders(innermost: string): Promise<void> {
    for (let folder = innermost; ; folder = folderOf(folder)) {
      const path = this.#pathOf(folder)
      if (!(await this.#files.removeDirectory(path))) return
      this.#knownFolders.delete(path)
      if (folder === '') return
    }
  }

  #pathOf(name: string): string {
    return name === '' ? this.location : `${this.location}/${name}`
  }
}

function missing(path: string): MillraceError {
  return new MillraceError(
    'FILE_NOT_FOUND',
    `${path} does not exist in checkpoint storage. Look whether execution.checkpointing.dir ` +
      'leads to the same files on every machine, and whether somebody deleted it.',
    { blame: 'external', details: { path } },
  )
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}
