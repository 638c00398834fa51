import {
  type FileContent,
  type FileSystem,
  type ListedFile,
  MillraceError,
  type StateBlob,
} from '@millrace/core'
import { Sha256 } from '../io/checksum.ts'

/** A disk in memory on which writes, reads and deletions can be made to fail. */
export class FaultyFileSystem implements FileSystem {
  readonly files: Map<string, Uint8Array> = new Map()
  readonly modifiedAtMs: Map<string, number> = new Map()
  readonly reads: string[] = []
  nowMs = 0
  /** Called before each operation; what it throws is the operation's failure. */
  fault: (operation: 'read' | 'write' | 'remove', path: string) => void = () => {}

  async readFile(path: string): Promise<Uint8Array | undefined> {
    this.fault('read', path)
    this.reads.push(path)
    const content = this.files.get(path)
    return content === undefined ? undefined : new Uint8Array(content)
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    if (!(content instanceof Uint8Array)) throw new Error('nothing is written in pieces')
    this.fault('write', path)
    this.files.set(path, new Uint8Array(content))
    this.modifiedAtMs.set(path, this.nowMs)
  }

  writeFile(path: string, content: Uint8Array): Promise<void> {
    return this.writeFileAtomically(path, content)
  }

  async createFileAtomically(
    path: string,
    content: Uint8Array,
    confirm?: () => Promise<void>,
  ): Promise<boolean> {
    await confirm?.()
    if (this.files.has(path)) return false
    await this.writeFileAtomically(path, content)
    return true
  }

  async readFileRange(
    path: string,
    offset: number,
    length: number,
  ): Promise<Uint8Array | undefined> {
    return (await this.readFile(path))?.slice(offset, offset + length)
  }

  async linkOrCopyFile(from: string, to: string): Promise<boolean> {
    const content = await this.readFile(from)
    if (content !== undefined) await this.createFileAtomically(to, content)
    return content !== undefined
  }

  async exists(path: string): Promise<boolean> {
    return this.files.has(path)
  }

  async remove(path: string): Promise<void> {
    this.fault('remove', path)
    this.files.delete(path)
  }

  async list(path: string): Promise<readonly string[]> {
    return (await this.listRecursively(path)).map(({ name }) => name)
  }

  async listRecursively(path: string): Promise<readonly ListedFile[]> {
    return [...this.files].flatMap(([file, { length: sizeBytes }]) => {
      if (!file.startsWith(`${path}/`)) return []
      const modifiedAtMs = this.modifiedAtMs.get(file) ?? 0
      return [{ name: file.slice(path.length + 1), sizeBytes, modifiedAtMs }]
    })
  }

  async makeDirectory(_path: string): Promise<void> {}

  async removeDirectory(): Promise<boolean> {
    return false
  }
}

export function diskFull(path: string): MillraceError {
  return new MillraceError('FILE_WRITE_FAILED', `${path} could not be written: ENOSPC.`, {
    cause: Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
  })
}

export function sha256Of(bytes: Uint8Array): string {
  const hash = new Sha256()
  hash.update(bytes)
  return hash.digest()
}

/** The name that a segment or blob of this content has. */
export function stateFileName(attempt: string, checkpointId: number, bytes: Uint8Array): string {
  return `${attempt}/${checkpointId}-${sha256Of(bytes)}`
}

export function fileBlob(name: string, { length: sizeBytes }: Uint8Array): StateBlob {
  return { kind: 'file', name, sizeBytes }
}
