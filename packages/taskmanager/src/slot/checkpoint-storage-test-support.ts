import { type CheckpointStorage, MillraceError } from '@millrace/core'

/** Files of one job's checkpoints, with writes that can fail or wait. */
export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly location: string = '/checkpoints'
  readonly files: Map<string, Uint8Array> = new Map()
  /** Asked before each write; what it throws is the write's failure. */
  beforeWrite: (name: string) => void | Promise<void> = () => {}

  async write(name: string, content: Uint8Array): Promise<void> {
    await this.beforeWrite(name)
    if (this.files.has(name)) throw new Error(`${name} is written twice`)
    this.files.set(name, content.slice())
  }

  async create(name: string, content: Uint8Array): Promise<boolean> {
    if (this.files.has(name)) return false
    await this.write(name, content)
    return true
  }

  async read(name: string): Promise<Uint8Array> {
    const content = this.files.get(name)
    if (content === undefined) throw new MillraceError('FILE_NOT_FOUND', `There is no ${name}`)
    return content.slice()
  }

  async readRange(name: string, offset: number, length: number): Promise<Uint8Array> {
    return (await this.read(name)).slice(offset, offset + length)
  }

  async copyFrom(source: CheckpointStorage, name: string): Promise<void> {
    if (!this.files.has(name)) await this.write(name, await source.read(name))
  }

  async delete(name: string): Promise<void> {
    this.files.delete(name)
  }

  async list(folder: string): Promise<readonly string[]> {
    return [...this.files.keys()].filter((name) => name.startsWith(folder))
  }

  async inspect(): Promise<readonly never[]> {
    return []
  }

  async removeEmptyFolders(): Promise<void> {}
}
