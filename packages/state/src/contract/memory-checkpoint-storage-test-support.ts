import { type CheckpointStorage, type ListedFile, MillraceError } from '@millrace/core'

/** Files in memory. A write is durable at once, or waits until a test says how it ends. */
export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly location = 'memory'
  readonly files: Map<string, Uint8Array> = new Map<string, Uint8Array>()
  readonly waiting: { readonly end: (isWritten: boolean) => void }[] = []
  holdsWrites = false

  async write(name: string, content: Uint8Array): Promise<void> {
    if (this.files.has(name)) throw failure('FILE_WRITE_FAILED', `${name} was written already`)
    const isWritten =
      !this.holdsWrites ||
      (await new Promise<boolean>((resolve) => {
        this.waiting.push({ end: resolve })
      }))
    if (!isWritten) throw failure('FILE_WRITE_FAILED', `${name} cannot be written`)
    this.files.set(name, content.slice())
  }

  async create(name: string, content: Uint8Array, confirm?: () => Promise<void>): Promise<boolean> {
    await confirm?.()
    if (this.files.has(name)) return false
    await this.write(name, content)
    return true
  }

  read(name: string): Promise<Uint8Array> {
    const content = this.files.get(name)
    if (content === undefined) return Promise.reject(failure('FILE_NOT_FOUND', `no ${name}`))
    return Promise.resolve(content.slice())
  }

  async readRange(name: string, offset: number, length: number): Promise<Uint8Array> {
    return (await this.read(name)).slice(offset, offset + length)
  }

  async copyFrom(source: CheckpointStorage, name: string): Promise<void> {
    if (!this.files.has(name)) await this.write(name, await source.read(name))
  }

  delete(name: string): Promise<void> {
    this.files.delete(name)
    return Promise.resolve()
  }

  list(folder: string): Promise<readonly string[]> {
    return Promise.resolve([...this.files.keys()].filter((name) => name.startsWith(folder)))
  }

  async inspect(folder: string): Promise<readonly ListedFile[]> {
    const names = await this.list(folder)
    const sizeOf = (name: string): number => this.files.get(name)?.length ?? 0
    return names.map((name) => ({ name, sizeBytes: sizeOf(name), modifiedAtMs: 0 }))
  }

  async removeEmptyFolders(): Promise<void> {}
}

function failure(code: 'FILE_NOT_FOUND' | 'FILE_WRITE_FAILED', message: string): MillraceError {
  return new MillraceError(code, message, { blame: 'external', disposition: 'retry' })
}
