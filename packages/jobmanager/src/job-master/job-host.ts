import {
  assert,
  type Clock,
  type CollectedResults,
  type DeclaredOperator,
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
import {
  buildCanceled,
  jobHostBuildTimedOut,
  jobHostLost,
  jobHostRebuildTimedOut,
  resultsGone,
} from './job-host-errors.ts'

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
  #rebuild:
    | (Waiting<BuiltGraph> & { readonly requestId: number; readonly timer: Timer })
    | undefined
  #describe: Waiting<readonly DeclaredOperator[]> | undefined
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

  /**
   * The graph with this configuration instead, while everything goes on; 'use-rebuilt-graph' has
   * the host change to it. One call at a time. Rejects with what is wrong with it.
   */
  rebuildGraph(config: Readonly<Record<string, string>>): Promise<BuiltGraph> {
    assert(this.#rebuild === undefined, 'One graph is rebuilt at a time')
    const { buildTimeoutMs } = this.#options
    const requestId = this.#nextRequestId++
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') {
        reject(buildCanceled())
        return
      }
      const timer = this.#clock.setTimer(buildTimeoutMs, () => {
        this.#failRebuild(jobHostRebuildTimedOut(buildTimeoutMs))
      })
      this.#rebuild = { requestId, resolve, reject, timer }
      this.#thread.post({ kind: 'rebuild-graph', requestId, config })
    })
  }

  /**
   * The states that each operator asks for. Runs `open` of every function, so it is for a host that
   * is ended after it; how long one may take is bounded there. Rejects with what is wrong.
   */
  describeStates(): Promise<readonly DeclaredOperator[]> {
    assert(this.#describe === undefined, 'States are described once')
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') {
        reject(buildCanceled())
        return
      }
      this.#describe = { resolve, reject }
      this.#thread.post({ kind: 'describe-states' })
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
    this.#failDescribe(buildCanceled())
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
      case 'graph-rebuilt': {
        const { requestId, graph, coordinated } = event
        const waiting = this.#rebuild
        if (waiting?.requestId !== requestId) return
        this.#rebuild = undefined
        waiting.timer.cancel()
        waiting.resolve({ graph, coordinated })
        return
      }
      case 'rebuild-failed':
        if (this.#rebuild?.requestId === event.requestId) {
          this.#failRebuild(errorFromInfo(event.failure))
        }
        return
      case 'failed':
        if (this.#describe !== undefined) this.#failDescribe(errorFromInfo(event.failure))
        else if (this.#build === undefined) this.#listener.onCoordinatorFailed(event)
        else this.#failBuild(errorFromInfo(event.failure))
        return
      case 'states':
        this.#describe?.resolve(event.operators)
        this.#describe = undefined
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
    this.#failDescribe(failure)
    if (this.#build === undefined) this.#listener.onLost(failure)
    else this.#failBuild(failure)
  }

  #failBuild(error: MillraceError): void {
    this.#buildTimer?.cancel()
    this.#build?.reject(error)
    this.#build = undefined
  }

  #failRebuild(error: MillraceError): void {
    this.#rebuild?.timer.cancel()
    this.#rebuild?.reject(error)
    this.#rebuild = undefined
  }

  #failDescribe(error: MillraceError): void {
    this.#describe?.reject(error)
    this.#describe = undefined
  }

  #failWaiting(): void {
    this.#failRebuild(buildCanceled())
    for (const waiting of this.#fetches.values()) waiting.reject(resultsGone())
    this.#fetches.clear()
  }
}
