import type { BundleHash } from '@millrace/core'
import type { DispatcherGateway, SessionServerHandler } from '@millrace/rpc'
import { BundleStore } from './dispatcher/bundle-store.ts'
import { Dispatcher } from './dispatcher/dispatcher.ts'
import type { JobManagerEnvironment, JobManagerOptions } from './job-manager-options.ts'
import { ResourceManager } from './resource-manager/resource-manager.ts'

/**
 * A whole JobManager but its network: Dispatcher, ResourceManager, and a JobMaster per job. The
 * composition root connects `dispatcher` and `readBundle` to a server of clients and TaskManagers,
 * and `sessionServerHandler` to a SessionServer. Order of calls: `open` first, `close` last.
 */
export class JobManager {
  readonly #resourceManager: ResourceManager
  readonly #bundleStore: BundleStore
  readonly #dispatcher: Dispatcher

  constructor(environment: JobManagerEnvironment, options: JobManagerOptions) {
    const { clock, random, logger, fileSystem, lastHeartbeatAgoMs } = environment
    this.#resourceManager = new ResourceManager(clock, random, logger, lastHeartbeatAgoMs)
    this.#bundleStore = new BundleStore(fileSystem, {
      directory: options.bundleDirectory,
      sizeMaxBytes: options.bundleStoreSizeMaxBytes,
    })
    this.#dispatcher = new Dispatcher(
      environment,
      options,
      this.#resourceManager,
      this.#bundleStore,
    )
  }

  get dispatcher(): DispatcherGateway {
    return this.#dispatcher
  }

  get sessionServerHandler(): SessionServerHandler {
    return this.#resourceManager
  }

  /** Finds the bundles an earlier process left. */
  open(): Promise<void> {
    return this.#bundleStore.open()
  }

  /** The content of a bundle, for TaskManagers. Rejects with FILE_NOT_FOUND. */
  readBundle(hash: BundleHash): Promise<Uint8Array> {
    return this.#bundleStore.read(hash)
  }

  /** Cancels all jobs, for a bounded time, then ends job hosts and sessions. */
  async close(): Promise<void> {
    await this.#dispatcher.close()
    this.#resourceManager.close('the JobManager is shutting down')
  }
}
