import type {
  SlotCommand,
  SlotEvent,
  TaskDeployment,
  TaskExecutionState,
  Thread,
  ThreadExitReason,
  ThreadHandler,
  ThreadHost,
  ThreadRequest,
} from '@millrace/core'

/** A thread that does what the test says. */
export class ScriptedThread implements Thread<SlotCommand> {
  readonly name: string
  readonly commands: SlotCommand[] = []
  state: 'starting' | 'ready' | 'exited' = 'starting'
  isTerminated = false
  readonly #handler: ThreadHandler<SlotEvent>

  constructor(name: string, handler: ThreadHandler<SlotEvent>) {
    this.name = name
    this.#handler = handler
  }

  post(command: SlotCommand): void {
    this.commands.push(command)
  }

  terminate(): void {
    this.isTerminated = true
  }

  becomeReady(): void {
    this.state = 'ready'
    this.say({ kind: 'ready', dataAddress: `${this.name}:1` })
  }

  say(event: SlotEvent): void {
    this.#handler.onMessage(event)
  }

  exit(reason: ThreadExitReason, exitCode = 1): void {
    this.state = 'exited'
    const error = reason === 'error' ? new Error('boom') : undefined
    this.#handler.onExit({ reason, exitCode, error })
  }

  report(state: TaskExecutionState['state'], deployment: TaskDeployment): void {
    const { jobId, attemptId } = deployment
    const failure = undefined
    this.say({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state, failure, channelCounts: [] },
    })
  }

  /** Attempts it was given. */
  get submitted(): readonly TaskDeployment[] {
    return this.commands.flatMap((each) => (each.kind === 'submit-task' ? [each.deployment] : []))
  }

  get commandKinds(): readonly string[] {
    return this.commands.map(({ kind }) => kind)
  }
}

export class ScriptedThreadHost implements ThreadHost {
  readonly threads: ScriptedThread[] = []

  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
    // The test knows that only slots are started here.
    const thread = new ScriptedThread(request.name, handler as unknown as ThreadHandler<SlotEvent>)
    this.threads.push(thread)
    return thread as unknown as Thread<Out>
  }

  get alive(): readonly ScriptedThread[] {
    return this.threads.filter(({ state }) => state !== 'exited')
  }

  /** Threads get ready, and terminated ones exit, until nothing is left to happen. */
  settle(): void {
    for (;;) {
      const terminated = this.alive.find(({ isTerminated }) => isTerminated)
      const starting = this.alive.find(({ state }) => state === 'starting')
      if (terminated !== undefined) terminated.exit('terminated')
      else if (starting !== undefined) starting.becomeReady()
      else return
    }
  }
}
