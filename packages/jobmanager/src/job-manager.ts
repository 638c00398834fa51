import type { BundleHash } from '@millrace/core'
import type { DispatcherGateway, SessionServerHandler } from '@millrace/rpc'
import { BundleStore } from './dispatcher/bundle-store.ts'
import { Dispatcher } from './dispatcher/dispatcher.ts'
import type { HighAvailabilityServices } from './high-availability/high-availability-services.ts'
import { LeadershipWatch } from './high-availability/leadership-watch.ts'
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
  readonly #highAvailability: HighAvailabilityServices
  readonly #leadershipWatch: LeadershipWatch

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
    this.#highAvailability = environment.highAvailability
    this.#leadershipWatch = new LeadershipWatch(environment, options.leadershipCheckIntervalMs)
  }

  /** Once open: of all JobManagers of the cluster, TaskManagers heed the one with the highest. */
  get epoch(): number {
    return this.#highAvailability.epoch
  }

  get dispatcher(): DispatcherGateway {
    return this.#dispatcher
  }

  get sessionServerHandler(): SessionServerHandler {
    return this.#resourceManager
  }

  /**
   * Finds the bundles an earlier process left, and with high availability becomes the leader and
   * begins to run the jobs of the former one again.
   */
  async open(): Promise<void> {
    await this.#bundleStore.open()
    const jobs = await this.#highAvailability.open()
    this.#dispatcher.recover(jobs)
    this.#leadershipWatch.start()
  }

  /** The content of a bundle, for TaskManagers. Rejects with FILE_NOT_FOUND. */
  readBundle(hash: BundleHash): Promise<Uint8Array> {
    return this.#bundleStore.read(hash)
  }

  /**
   * Cancels all jobs, for a bounded time, then ends job hosts and sessions. With high availability
   * jobs are not canceled: the next JobManager goes on with them.
   */
  async close(): Promise<void> {
    this.#leadershipWatch.stop()
    await this.#dispatcher.close()
    const reason = 'the JobManager is shutting down'
    if (this.#highAvailability.isEnabled) this.#resourceManager.abandon(reason)
    else this.#resourceManager.close(reason)
  }
}
