import { resolve } from 'node:path'
import type { CheckpointStorage } from '@millrace/core'
import { FileSystemCheckpointStorage } from '../storage/file-system-checkpoint-storage.ts'
import { NodeFileSystem } from './node-file-system.ts'

/** What reading and writing savepoints takes of the world. */
export interface SavepointAccess {
  /** The storage at a location: a path, or a URL of a store that is known here. */
  storageOf(location: string): CheckpointStorage
  /** Milliseconds since 1970: what has expired is told by it. */
  now(): number
}

/** The disks of this machine. */
export const localSavepointAccess: SavepointAccess = {
  storageOf: (location) => new FileSystemCheckpointStorage(new NodeFileSystem(), resolve(location)),
  now: () => Date.now(),
}
