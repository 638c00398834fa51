import type { CheckpointStorage, Clock, FileSystem, Random, S3StorageOptions } from '@millrace/core'
import { S3Connections, S3ObjectStore } from '../io/s3-object-store.ts'
import { ObjectRequests } from '../s3/object-requests.ts'
import { S3CheckpointStorage } from '../s3/s3-checkpoint-storage.ts'
import { parseS3Location, type S3Location } from '../s3/s3-location.ts'
import { FileSystemCheckpointStorage } from './file-system-checkpoint-storage.ts'

export interface CheckpointStoragesEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly fileSystem: FileSystem
  readonly s3: S3StorageOptions
}

/** The storages of one thread; which kind one is, its directory says. */
export class CheckpointStorages {
  readonly #environment: CheckpointStoragesEnvironment
  #objectStorage:
    | { readonly connections: S3Connections; readonly requests: ObjectRequests }
    | undefined

  constructor(environment: CheckpointStoragesEnvironment) {
    this.#environment = environment
  }

  /**
   * A directory of the file system, or `s3://bucket/prefix`.
   *
   * @throws MillraceError CONFIG_VALUE_INVALID where it is neither
   */
  open(directory: string): CheckpointStorage {
    const location = parseS3Location(directory)
    if (location !== undefined) return this.#openObjectStorage(location)
    return new FileSystemCheckpointStorage(this.#environment.fileSystem, directory)
  }

  /** Names of what lies right in a directory, as of one with a folder for each job. */
  async foldersIn(directory: string): Promise<readonly string[]> {
    const location = parseS3Location(directory)
    if (location !== undefined) return this.#openObjectStorage(location).folders()
    return this.#environment.fileSystem.list(directory)
  }

  #openObjectStorage(location: S3Location): S3CheckpointStorage {
    const { random, s3 } = this.#environment
    const { connections, requests } = this.#openedObjectStorage()
    const store = new S3ObjectStore(connections, location.bucket)
    return new S3CheckpointStorage({ requests, random, options: s3 }, store, location.prefix)
  }

  #openedObjectStorage(): {
    readonly connections: S3Connections
    readonly requests: ObjectRequests
  } {
    if (this.#objectStorage !== undefined) return this.#objectStorage
    const { clock, random, s3 } = this.#environment
    const connections = new S3Connections(s3)
    // Now, not at the first checkpoint, when it would hold up records. A request tells what failed.
    connections.load().catch(() => {})
    this.#objectStorage = { connections, requests: new ObjectRequests(clock, random, s3) }
    return this.#objectStorage
  }
}
