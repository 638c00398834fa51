import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { loadJobModule } from '@millrace/api/job-module-loader'
import {
  assert,
  type Clock,
  type Random,
  type SlotCommand,
  type SlotEvent,
  type SlotOptions,
  type ThreadPort,
} from '@millrace/core'
import { CheckpointStorages } from '@millrace/state'
import { LevelDbKeyedStateBackend } from '@millrace/state/leveldb'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { SlotRuntime } from '../slot/slot-runtime.ts'
import { TcpDataTransport } from './data-connection.ts'

// Entry of a slot thread. What it is started with is its SlotOptions.

/** Deep enough to find the operator below the user's own calls. */
Error.stackTraceLimit = 50

/** Time for the last messages to reach the TaskExecutor before the thread ends. */
const lastWordsMs = 50

const clock: Clock = {
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

const words = new Uint32Array(64)
let usedWords = words.length
const random: Random = {
  uint32: () => {
    if (usedWords === words.length) {
      randomFillSync(words)
      usedWords = 0
    }
    return words[usedWords++] as number
  },
}

function threadPort(): ThreadPort<SlotCommand, SlotEvent> {
  const port = parentPort
  assert(port !== null, 'The entry of slot threads was run as something else')
  return {
    post: (event) => port.postMessage(event),
    onMessage: (receiver) => port.on('message', receiver),
  }
}

const options = workerData as SlotOptions
const { bindHost, advertisedHost, s3 } = options
const transport = new TcpDataTransport({ bindHost, advertisedHost })
const port = threadPort()
const files = new NodeFileSystem()
const storages = new CheckpointStorages({ clock, random, fileSystem: files, s3 })
const runtime = new SlotRuntime(
  {
    clock,
    random,
    transport,
    port,
    loadJob: loadJobModule,
    checkpointStorage: (directory) => storages.open(directory),
    fileSystem: files,
    openLevelDb: (name, keyGroups, leveldb) =>
      LevelDbKeyedStateBackend.open(clock, keyGroups, {
        ...leveldb,
        directory: join(options.stateDirectory, name),
      }),
  },
  options,
)

// Nobody can say what an error out of nowhere has left behind: the tasks fail, the thread ends.
let isEnding = false
function endBy(error: unknown): void {
  if (isEnding) return
  isEnding = true
  runtime.failAll(error)
  setTimeout(() => process.exit(1), lastWordsMs)
}
process.on('uncaughtException', endBy)
process.on('unhandledRejection', endBy)

await runtime.start()
