// The code of a job host thread: JobHost with a real port, clock and module loader.

import { parentPort } from 'node:worker_threads'
import { assert, type Clock, type JobHostCommand } from '@millrace/core'
import { JobHost } from '../job-host/job-host.ts'
import { loadJobModule } from './job-module-loader.ts'

const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  setImmediate: (callback) => {
    setImmediate(callback)
  },
}

const port = parentPort
assert(port !== null, 'a job host runs in a worker thread')
const host = new JobHost(
  systemClock,
  {
    post: (event) => port.postMessage(event),
    onMessage: (receiver) => {
      port.on('message', (command: JobHostCommand) => receiver(command))
    },
  },
  { load: loadJobModule },
  // What user code left open (timers, sockets) must not keep the thread.
  () => setImmediate(() => process.exit(0)),
)
process.on('unhandledRejection', (error) => host.onUncaughtError(error))
process.on('uncaughtException', (error) => host.onUncaughtError(error))
host.start()
