import { Worker } from 'node:worker_threads'
import type { Thread, ThreadHandler, ThreadHost, ThreadKind, ThreadRequest } from '@millrace/core'
import { heapBounds, watchHeap } from './heap-watch.ts'

/** Module that each kind of thread runs; it finds its data in `workerData`. */
export type ThreadEntries = Readonly<Record<ThreadKind, URL>>

/** Threads as Node's worker threads. They inherit the flags of this process. */
export class WorkerThreadHost implements ThreadHost {
  readonly #entries: ThreadEntries

  constructor(entries: ThreadEntries) {
    this.#entries = entries
  }

  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
    const bounds = heapBounds(request.heapLimitBytes)
    const worker = new Worker(this.#entries[request.kind], {
      name: request.name,
      workerData: request.data,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(bounds.hardBytes / 2 ** 20) },
    })
    let failure: Error | undefined
    let isTerminated = false
    let isOutOfMemory = false
    watchHeap(worker, bounds, (error) => {
      isOutOfMemory = true
      failure ??= error
      void worker.terminate()
    })
    worker.on('message', (message: In) => handler.onMessage(message))
    worker.on('messageerror', (error) => {
      failure ??= error
      void worker.terminate()
    })
    worker.on('error', (error) => {
      failure ??= error instanceof Error ? error : new Error(String(error))
      isOutOfMemory ||= 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY'
    })
    worker.on('exit', (exitCode) => {
      if (isOutOfMemory) handler.onExit({ reason: 'out-of-memory', exitCode, error: failure })
      else if (failure !== undefined) handler.onExit({ reason: 'error', exitCode, error: failure })
      else
        handler.onExit({ reason: isTerminated ? 'terminated' : 'exited', exitCode, error: failure })
    })
    return {
      post: (message) => worker.postMessage(message),
      terminate: () => {
        isTerminated = true
        void worker.terminate()
      },
    }
  }
}
