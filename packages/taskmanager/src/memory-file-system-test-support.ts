import type { FileContent, FileSystem, ListedFile } from '@millrace/core'

/** Files in a map, copied as a disk does. `writeError`: what every write fails with. */
export class MemoryFileSystem implements FileSystem {
  readonly files: Map<string, Uint8Array> = new Map()
  writeError: Error | undefined

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.files.get(path)?.slice()
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    if (this.writeError !== undefined) throw this.writeError
    if (!(content instanceof Uint8Array)) throw new Error('bundles are cached whole')
    this.files.set(path, content.slice())
  }

  writeFile(path: string, content: Uint8Array): Promise<void> {
    return this.writeFileAtomically(path, content)
  }

  async createFileAtomically(path: string, content: Uint8Array): Promise<boolean> {
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
    this.files.delete(path)
  }

  async list(path: string): Promise<readonly string[]> {
    const prefix = `${path}/`
    return [...this.files.keys()].flatMap((each) =>
      each.startsWith(prefix) ? [each.slice(prefix.length)] : [],
    )
  }

  async listRecursively(path: string): Promise<readonly ListedFile[]> {
    return (await this.list(path)).map((name) => ({
      name,
      sizeBytes: this.files.get(`${path}/${name}`)?.length ?? 0,
      modifiedAtMs: 0,
    }))
  }

  async makeDirectory(_path: string): Promise<void> {}

  async removeDirectory(_path: string): Promise<boolean> {
    return false
  }
}
