import type {
  JobGraph,
  JobHostCommand,
  JobHostEvent,
  OperatorId,
  Thread,
  ThreadExit,
  ThreadHandler,
  ThreadHost,
  ThreadRequest,
} from '@millrace/core'

/** A job host whose answers the test writes. */
export class ScriptedJobHost implements Thread<JobHostCommand> {
  readonly commands: JobHostCommand[] = []
  readonly request: ThreadRequest<unknown>
  readonly #handler: ThreadHandler<JobHostEvent>
  readonly #onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void
  isEnded = false

  constructor(
    request: ThreadRequest<unknown>,
    handler: ThreadHandler<JobHostEvent>,
    onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void,
  ) {
    this.request = request
    this.#handler = handler
    this.#onCommand = onCommand
  }

  post(command: JobHostCommand): void {
    if (this.isEnded) return
    this.commands.push(command)
    this.#onCommand(this, command)
  }

  terminate(): void {
    this.exit({ reason: 'terminated', exitCode: 1, error: undefined })
  }

  emit(event: JobHostEvent): void {
    if (!this.isEnded) this.#handler.onMessage(event)
  }

  exit(exit: ThreadExit): void {
    if (this.isEnded) return
    this.isEnded = true
    this.#handler.onExit(exit)
  }

  kinds(): readonly string[] {
    return this.commands.map((command) => command.kind)
  }
}

/** Starts job hosts; `onCommand` answers for all of them. */
export class ScriptedThreadHost implements ThreadHost {
  readonly jobHosts: ScriptedJobHost[] = []
  readonly #onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void

  constructor(onCommand: (host: ScriptedJobHost, command: JobHostCommand) => void) {
    this.#onCommand = onCommand
  }

  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
    const own = handler as unknown as ThreadHandler<JobHostEvent>
    const host = new ScriptedJobHost(request, own, this.#onCommand)
    this.jobHosts.push(host)
    return host as unknown as Thread<Out>
  }
}

/** A job host that builds this graph, and ends when it is told to. */
export function threadHostFor(
  graph: JobGraph,
  coordinated: readonly OperatorId[] = [],
): ScriptedThreadHost {
  return new ScriptedThreadHost((host, command) => {
    if (command.kind === 'build-graph') host.emit({ kind: 'graph', graph, coordinated })
    if (command.kind === 'close') host.exit({ reason: 'exited', exitCode: 0, error: undefined })
  })
}
