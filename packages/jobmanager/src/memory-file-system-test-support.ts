import type { FileContent, FileSystem, ListedFile } from '@millrace/core'

/** Files in a map. `isFull`: as the disk is. */
export class MemoryFileSystem implements FileSystem {
  readonly files: Map<string, Uint8Array> = new Map()
  isFull = false

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.files.get(path)
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    if (this.isFull) {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    const whole = content instanceof Uint8Array ? content : await gathered(content)
    this.files.set(path, whole)
  }

  async createFileAtomically(
    path: string,
    content: Uint8Array,
    confirm?: () => Promise<void>,
  ): Promise<boolean> {
    if (confirm !== undefined) await this.#whileUnfinished(`${path}.tmp`, content, confirm)
    if (this.files.has(path)) return false
    await this.writeFileAtomically(path, content)
    return true
  }

  async #whileUnfinished(
    path: string,
    content: Uint8Array,
    confirm: () => Promise<void>,
  ): Promise<void> {
    this.files.set(path, content)
    try {
      await confirm()
    } finally {
      this.files.delete(path)
    }
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
    return [...this.files.keys()]
      .filter((each) => each.startsWith(prefix))
      .map((each) => each.slice(prefix.length))
  }

  async listRecursively(path: string): Promise<readonly ListedFile[]> {
    return (await this.list(path)).map((name) => ({
      name,
      sizeBytes: this.files.get(`${path}/${name}`)?.length ?? 0,
      modifiedAtMs: 0,
    }))
  }

  async writeFile(): Promise<void> {}
  async makeDirectory(): Promise<void> {}

  async removeDirectory(): Promise<boolean> {
    return false
  }
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece.slice())
  return Buffer.concat(all)
}
