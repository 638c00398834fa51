import type { Clock, FileSystem, Logger, Random } from '@millrace/core'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { SystemClock } from '../io/system-clock.ts'
import { SystemRandom } from '../io/system-random.ts'
import { WorkerThreadHost } from '../io/worker-thread-host.ts'

/** The real world, as JobManager and TaskManagers get it. */
export interface SystemEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly fileSystem: FileSystem
  readonly threadHost: WorkerThreadHost
}

export function systemEnvironment(logger: Logger): SystemEnvironment {
  return {
    clock: new SystemClock(),
    random: new SystemRandom(),
    logger,
    fileSystem: new NodeFileSystem(),
    threadHost: new WorkerThreadHost({
      slot: new URL(import.meta.resolve('@millrace/taskmanager/slot-thread')),
      'job-host': new URL(import.meta.resolve('@millrace/api/job-host-thread')),
    }),
  }
}
