/** What a thread is started for; the composition root knows the code of each. */
export type ThreadKind = 'slot' | 'job-host'

export interface ThreadRequest<Data> {
  readonly kind: ThreadKind
  /** For logs and profilers. */
  readonly name: string
  /** Structured-cloneable. */
  readonly data: Data
  /** Bound of the JavaScript heap; beyond it the thread ends alone. 0: Node's default. */
  readonly heapLimitBytes: number
}

export type ThreadExitReason = 'terminated' | 'exited' | 'out-of-memory' | 'error'

export interface ThreadExit {
  readonly reason: ThreadExitReason
  /** Exit code where user code called process.exit(). */
  readonly exitCode: number
  readonly error: Error | undefined
}

export interface ThreadHandler<In> {
  onMessage(message: In): void
  /** Called exactly once; nothing follows it. */
  onExit(exit: ThreadExit): void
}

/**
 * A running thread. Messages arrive in order; a thread that blocks still takes them into a queue.
 */
export interface Thread<Out> {
  post(message: Out): void
  /** Ends the thread whatever it is doing; `onExit` follows. */
  terminate(): void
}

/** Starts threads: worker threads, or actors of the simulation. */
export interface ThreadHost {
  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out>
}

/** The thread's own end of the line. */
export interface ThreadPort<In, Out> {
  post(message: Out): void
  /** Sets the one receiver; messages that came earlier are delivered first. */
  onMessage(receiver: (message: In) => void): void
}
