import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Thread, ThreadHandler, ThreadHost, ThreadKind, ThreadRequest } from '@millrace/core'
import { heapBounds, watchHeap } from './heap-watch.ts'

/** Module that each kind of thread runs; it finds its data in `workerData`. */
export type ThreadEntries = Readonly<Record<ThreadKind, URL>>

// Where this optimization takes a loop for a short one, it drops the check that lets the loop be
// interrupted: `for (;;) new Array(1000).fill(1)` could be neither ended nor asked for its memory.
setFlagsFromString('--no-turboshaft-loop-unrolling')

/**
 * Three times the space in which a thread's objects are made (4 MB; V8's own choice here is 64 MB).
 * State in objects lives on when that space is full and is copied out of it, all at once: with 1 M
 * keys that takes 15 ms of 16 MB and 3.6 ms of 4 MB, at the same cost per record.
 */
const youngGenerationMb = 12

/** Threads as Node's worker threads. They inherit the flags of this process. */
export class WorkerThreadHost implements ThreadHost {
  readonly #entries: ThreadEntries
  /** A thread that runs its entry and waits to be asked for. */
  #spare: { readonly request: ThreadRequest<undefined>; readonly thread: WorkerThread } | undefined
  #isClosed = false

  constructor(entries: ThreadEntries) {
    this.#entries = entries
  }

  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
    const spare = this.#spare
    if (spare === undefined || !fits(spare.request, request)) {
      const thread = new WorkerThread(this.#entries[request.kind], request)
      thread.attach(handler)
      return thread
    }
    this.#spare = undefined
    spare.thread.attach({
      onMessage: (message: In) => handler.onMessage(message),
      onExit: (exit) => {
        handler.onExit(exit)
        this.keepSpare(spare.request)
      },
    })
    return spare.thread
  }

  /**
   * Keeps one thread of this kind started, so that the next one that is asked for is there at once;
   * while it is in use there is none, which is the memory of a thread saved. For threads that need
   * no data to start with.
   */
  keepSpare(request: ThreadRequest<undefined>): void {
    if (this.#spare !== undefined || this.#isClosed) return
    const thread = new WorkerThread(this.#entries[request.kind], request)
    const spare = { request, thread }
    this.#spare = spare
    // One that cannot start is no use as a spare: whoever asks then learns why.
    thread.attach({
      onMessage: () => {},
      onExit: () => {
        if (this.#spare === spare) this.#spare = undefined
      },
    })
  }

  /** Ends the spare and keeps none from here on. */
  close(): void {
    this.#isClosed = true
    this.#spare?.thread.terminate()
    this.#spare = undefined
  }
}

function fits(spare: ThreadRequest<undefined>, request: ThreadRequest<unknown>): boolean {
  return spare.kind === request.kind && spare.heapLimitBytes === request.heapLimitBytes
}

class WorkerThread implements Thread<unknown> {
  readonly #worker: Worker
  #handler: ThreadHandler<never> = { onMessage: () => {}, onExit: () => {} }
  #failure: Error | undefined
  #isTerminated = false
  #isOutOfMemory = false

  constructor(entry: URL, request: ThreadRequest<unknown>) {
    const bounds = heapBounds(request.heapLimitBytes)
    const worker = new Worker(entry, {
      name: request.name,
      workerData: request.data,
      resourceLimits: {
        maxOldGenerationSizeMb: Math.ceil(bounds.hardBytes / 2 ** 20),
        maxYoungGenerationSizeMb: youngGenerationMb,
      },
    })
    this.#worker = worker
    watchHeap(worker, bounds, (error) => {
      this.#isOutOfMemory = true
      this.#fail(error)
    })
    worker.on('message', (message: unknown) => this.#handler.onMessage(message as never))
    worker.on('messageerror', (error) => this.#fail(error))
    worker.on('error', (error) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
      this.#isOutOfMemory ||=
        'code' in this.#failure && this.#failure.code === 'ERR_WORKER_OUT_OF_MEMORY'
    })
    worker.on('exit', (exitCode) => this.#onExit(exitCode))
  }

  /** Messages and the exit go to `handler` from here on. */
  attach<In>(handler: ThreadHandler<In>): void {
    this.#handler = handler
  }

  post(message: unknown): void {
    this.#worker.postMessage(message)
  }

  terminate(): void {
    this.#isTerminated = true
    void this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    void this.#worker.terminate()
  }

  #onExit(exitCode: number): void {
    const error = this.#failure
    if (this.#isOutOfMemory) this.#handler.onExit({ reason: 'out-of-memory', exitCode, error })
    else if (error !== undefined) this.#handler.onExit({ reason: 'error', exitCode, error })
    else {
      const reason = this.#isTerminated ? 'terminated' : 'exited'
      this.#handler.onExit({ reason, exitCode, error })
    }
  }
}
