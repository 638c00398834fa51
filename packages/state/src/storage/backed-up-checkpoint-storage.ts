import type { CheckpointStorage, ListedFile } from '@millrace/core'
import type { LocalBackup } from './local-backup.ts'

/**
 * Checkpoint storage, with a copy on this machine of every state file that is written from it. What
 * is durable, and what is listed, is in checkpoint storage alone.
 */
export class BackedUpCheckpointStorage implements CheckpointStorage {
  readonly durable: CheckpointStorage
  readonly local: LocalBackup

  constructor(durable: CheckpointStorage, local: LocalBackup) {
    this.durable = durable
    this.local = local
  }

  get location(): string {
    return this.durable.location
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    await Promise.all([this.durable.write(name, content), this.local.write(name, content)])
  }

  create(name: string, content: Uint8Array, confirm?: () => Promise<void>): Promise<boolean> {
    return this.durable.create(name, content, confirm)
  }

  /** The copy of this machine where it has one that is whole. */
  async read(name: string): Promise<Uint8Array> {
    return (await this.local.read(name)) ?? this.durable.read(name)
  }

  readRange(name: string, offset: number, length: number): Promise<Uint8Array> {
    return this.durable.readRange(name, offset, length)
  }

  copyFrom(source: CheckpointStorage, name: string): Promise<void> {
    return this.durable.copyFrom(source, name)
  }

  delete(name: string): Promise<void> {
    return this.durable.delete(name)
  }

  list(folder: string): Promise<readonly string[]> {
    return this.durable.list(folder)
  }

  inspect(folder: string): Promise<readonly ListedFile[]> {
    return this.durable.inspect(folder)
  }

  removeEmptyFolders(): Promise<void> {
    return this.durable.removeEmptyFolders()
  }
}
