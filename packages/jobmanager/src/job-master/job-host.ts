import {
  assert,
  type Clock,
  type CollectedResults,
  errorFromInfo,
  type JobArguments,
  type JobHostCommand,
  type JobHostEvent,
  type MillraceError,
  type Thread,
  type ThreadExit,
  type ThreadHost,
  type ThreadRequest,
  type Timer,
} from '@millrace/core'
import { buildCanceled, jobHostBuildTimedOut, jobHostLost, resultsGone } from './job-host-errors.ts'

export interface JobHostOptions {
  readonly heapLimitBytes: number
  /** How long importing the module and building the graph may take. */
  readonly buildTimeoutMs: number
}

export interface JobProgram {
  readonly moduleUrl: string
  readonly args: JobArguments
  readonly config: Readonly<Record<string, string>>
}

export type BuiltGraph = Omit<Extract<JobHostEvent, { kind: 'graph' }>, 'kind'>

/** What a job host does of its own accord, once its graph is built. */
export interface JobHostListener {
  onOperatorEvent(event: Extract<JobHostEvent, { kind: 'operator-event' }>): void
  onCoordinatorsSnapshotted(
    event: Extract<JobHostEvent, { kind: 'coordinators-snapshotted' }>,
  ): void
  onCoordinatorFailed(event: Extract<JobHostEvent, { kind: 'failed' }>): void
  onLog(event: Extract<JobHostEvent, { kind: 'log' }>): void
  /** The thread ended though nobody closed it. */
  onLost(failure: MillraceError): void
}

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: MillraceError) => void
}

const closeGraceMs = 2_000

/** The thread a job host runs in: the same for every job, so that it can be started beforehand. */
export function jobHostThread(heapLimitBytes: number): ThreadRequest<undefined> {
  return { kind: 'job-host', name: 'job-host', data: undefined, heapLimitBytes }
}

/**
 * The JobMaster's end of a job host thread: the one place where user code runs in a JobManager.
 * Order of calls: `buildGraph` once, then anything, then `close`.
 */
export class JobHost {
  readonly #clock: Clock
  readonly #options: JobHostOptions
  readonly #listener: JobHostListener
  readonly #thread: Thread<JobHostCommand>
  readonly #fetches = new Map<number, Waiting<CollectedResults | undefined>>()
  #build: Waiting<BuiltGraph> | undefined
  #buildTimer: Timer | undefined
  #closeTimer: Timer | undefined
  #nextRequestId = 1
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(
    clock: Clock,
    threadHost: ThreadHost,
    options: JobHostOptions,
    listener: JobHostListener,
  ) {
    this.#clock = clock
    this.#options = options
    this.#listener = listener
    this.#thread = threadHost.start<undefined, JobHostCommand, JobHostEvent>(
      jobHostThread(options.heapLimitBytes),
      {
        onMessage: (event) => this.#onEvent(event),
        onExit: (exit) => this.#onExit(exit),
      },
    )
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Imports the module and calls the job function. Rejects with what is wrong with the program. */
  buildGraph(program: JobProgram): Promise<BuiltGraph> {
    assert(this.#buildTimer === undefined, 'A job host builds one graph')
    const { buildTimeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      this.#build = { resolve, reject }
      this.#buildTimer = this.#clock.setTimer(buildTimeoutMs, () => {
        this.#failBuild(jobHostBuildTimedOut(buildTimeoutMs))
        this.terminate()
      })
      this.#thread.post({ kind: 'build-graph', ...program })
    })
  }

  /** Dropped where the host is closing or gone. */
  post(command: JobHostCommand): void {
    if (this.#state === 'open') this.#thread.post(command)
  }

  /** What a collect sink has gathered; undefined: there is no such sink. */
  fetchResults(sinkName: string, recordCountMax: number): Promise<CollectedResults | undefined> {
    const requestId = this.#nextRequestId++
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') {
        reject(resultsGone())
        return
      }
      this.#fetches.set(requestId, { resolve, reject })
      this.#thread.post({ kind: 'fetch-results', requestId, sinkName, recordCountMax })
    })
  }

  /** Lets the thread close its enumerators, for a bounded time, then ends it. */
  close(): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#failWaiting()
    this.#closeTimer = this.#clock.setTimer(closeGraceMs, () => this.terminate())
    this.#thread.post({ kind: 'close' })
  }

  /** Ends the thread at once, whatever it is doing. */
  terminate(): void {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    this.#failBuild(buildCanceled())
    this.#failWaiting()
    this.#thread.terminate()
  }

  #onEvent(event: JobHostEvent): void {
    if (this.#state !== 'open') return
    switch (event.kind) {
      case 'graph': {
        const { graph, coordinated } = event
        this.#buildTimer?.cancel()
        this.#build?.resolve({ graph, coordinated })
        this.#build = undefined
        return
      }
      case 'failed':
        if (this.#build === undefined) this.#listener.onCoordinatorFailed(event)
        else this.#failBuild(errorFromInfo(event.failure))
        return
      case 'operator-event':
        this.#listener.onOperatorEvent(event)
        return
      case 'coordinators-snapshotted':
        this.#listener.onCoordinatorsSnapshotted(event)
        return
      case 'results': {
        const waiting = this.#fetches.get(event.requestId)
        this.#fetches.delete(event.requestId)
        waiting?.resolve(event.results)
        return
      }
      case 'log':
        this.#listener.onLog(event)
    }
  }

  #onExit(exit: ThreadExit): void {
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.#closeTimer?.cancel()
    this.#failWaiting()
    if (!wasOpen) return
    const failure = jobHostLost(exit, this.#options.heapLimitBytes)
    if (this.#build === undefined) this.#listener.onLost(failure)
    else this.#failBuild(failure)
  }

  #failBuild(error: MillraceError): void {
    this.#buildTimer?.cancel()
    this.#build?.reject(error)
    this.#build = undefined
  }

  #failWaiting(): void {
    for (const waiting of this.#fetches.values()) waiting.reject(resultsGone())
    this.#fetches.clear()
  }
}
