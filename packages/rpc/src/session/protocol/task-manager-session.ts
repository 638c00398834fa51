import {
  assert,
  type ErrorInfo,
  type Random,
  type SessionId,
  type TaskExecutorMessage,
  type TaskManagerMessage,
  type TaskManagerRegistration,
  type TransitionTable,
  transition,
} from '@millrace/core'
import { type Epoch, isTraffic, type SessionFrame } from '../session-frame.ts'
import type { SessionOptions } from '../session-options.ts'
import { messageSizeBytes } from './message-size.ts'
import { ReconnectBackoff } from './reconnect-backoff.ts'
import { SessionEnd, type SessionEndCommand } from './session-end.ts'

// A TaskManager's side: dials, registers, resumes, and registers anew when a session is lost.
//
// Invariants
//  - There is one current connection at most; whatever comes by another one is ignored.
//  - There is one session at most. It is registered anew only after 'closed' was told.
//  - `resume` is sent iff a session is there, `register` iff none is.
//  - The epochs of the JobManagers it heeds never go back: what one of a lower epoch says is void.
//  - It never gives up; only `stop` ends it.

type State =
  | 'idle'
  | 'backing-off'
  | 'connecting'
  | 'registering'
  | 'resuming'
  | 'active'
  | 'stopped'

/**
 * 'backing-off' holds no connection, 'connecting' one that is being made, the others a made one.
 */
const transitions: TransitionTable<State> = {
  idle: ['connecting', 'stopped'],
  'backing-off': ['connecting', 'stopped'],
  connecting: ['registering', 'resuming', 'backing-off', 'stopped'],
  registering: ['active', 'backing-off', 'stopped'],
  resuming: ['active', 'backing-off', 'stopped'],
  active: ['backing-off', 'stopped'],
  stopped: [],
}

export type TaskManagerSessionCommand =
  | { readonly kind: 'connect'; readonly connection: number }
  | {
      readonly kind: 'send-frame'
      readonly connection: number
      readonly frame: SessionFrame<TaskManagerMessage>
    }
  | { readonly kind: 'close-wire'; readonly connection: number }
  | { readonly kind: 'registered'; readonly sessionId: SessionId }
  | { readonly kind: 'refused'; readonly error: ErrorInfo }
  /** A JobManager answered that another one has replaced since: it is left at once. */
  | { readonly kind: 'stale-job-manager'; readonly epoch: Epoch; readonly epochSeen: Epoch }
  | { readonly kind: 'deliver'; readonly message: TaskExecutorMessage }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'closed'; readonly reason: string }

export interface TaskManagerSessionOptions extends SessionOptions {
  /** Names this run of the process. */
  readonly incarnation: string
}

export class TaskManagerSession {
  readonly #registration: TaskManagerRegistration
  readonly #options: TaskManagerSessionOptions
  readonly #backoff: ReconnectBackoff
  #state: State = 'idle'
  #connection = 0
  /** The highest of all JobManagers so far. */
  #epochSeen: Epoch = 0
  #end: SessionEnd<TaskManagerMessage, TaskExecutorMessage> | undefined
  /** End of the pause, or of the patience with the connection being made. */
  #stateDeadlineMs = 0

  constructor(
    random: Random,
    registration: TaskManagerRegistration,
    options: TaskManagerSessionOptions,
  ) {
    this.#registration = registration
    this.#options = options
    const { reconnectDelayInitialMs, reconnectDelayMsMax } = options
    this.#backoff = new ReconnectBackoff(random, reconnectDelayInitialMs, reconnectDelayMsMax)
  }

  /** Whether `onConnected` of this connection would be welcome. */
  awaits(connection: number): boolean {
    return connection === this.#connection && this.#state === 'connecting'
  }

  start(nowMs: number): TaskManagerSessionCommand[] {
    return this.#dial(nowMs)
  }

  /** A connection that is not awaited any more is to be closed by who made it. */
  onConnected(connection: number, nowMs: number): TaskManagerSessionCommand[] {
    if (!this.awaits(connection)) return []
    this.#stateDeadlineMs = nowMs + this.#options.heartbeatTimeoutMs
    const { incarnation } = this.#options
    const origin = { incarnation, connectionNumber: connection }
    const end = this.#end
    if (end === undefined) {
      this.#transition('registering')
      const registration = this.#registration
      return [this.#sendFrame({ kind: 'register', registration, origin })]
    }
    this.#transition('resuming')
    const { sessionId, receivedCount } = end
    const { taskManagerId } = this.#registration
    return [this.#sendFrame({ kind: 'resume', sessionId, taskManagerId, receivedCount, origin })]
  }

  onConnectFailed(connection: number, nowMs: number): TaskManagerSessionCommand[] {
    if (!this.awaits(connection)) return []
    return this.#lose(nowMs, { isFailure: true })
  }

  onFrame(
    connection: number,
    frame: SessionFrame<TaskExecutorMessage>,
    nowMs: number,
  ): TaskManagerSessionCommand[] {
    if (connection !== this.#connection) return []
    if (frame.kind === 'registered' || frame.kind === 'refused') {
      if (this.#isStale(frame.epoch)) return this.#onStaleJobManager(frame, nowMs)
      this.#epochSeen = Math.max(this.#epochSeen, frame.epoch)
    }
    if (this.#state === 'registering' && frame.kind === 'registered') {
      return this.#onRegistered(frame, nowMs)
    }
    if (frame.kind === 'refused') return this.#onRefused(frame.error, nowMs)
    if (this.#state === 'resuming' && frame.kind === 'resumed') {
      const end = this.#requireEnd()
      if (frame.sessionId !== end.sessionId) return this.#abandon(nowMs)
      this.#transition('active')
      this.#backoff.succeeded()
      return this.#execute(end.attach(frame.receivedCount, nowMs), nowMs)
    }
    if (this.#state !== 'active' || !isTraffic(frame)) return this.#abandon(nowMs)
    const end = this.#requireEnd()
    if (frame.sessionId !== end.sessionId) return this.#abandon(nowMs)
    return this.#execute(end.receive(frame, nowMs), nowMs)
  }

  onWireClosed(connection: number, nowMs: number): TaskManagerSessionCommand[] {
    if (connection !== this.#connection) return []
    const wasActive = this.#state === 'active'
    if (!wasActive && !this.#isConnecting()) return []
    return this.#lose(nowMs, { isFailure: !wasActive })
  }

  onTick(nowMs: number): TaskManagerSessionCommand[] {
    const commands: TaskManagerSessionCommand[] = []
    if (this.#end !== undefined) commands.push(...this.#execute(this.#end.tick(nowMs), nowMs))
    if (this.#state === 'backing-off' && nowMs >= this.#stateDeadlineMs) {
      commands.push(...this.#dial(nowMs))
    } else if (this.#isConnecting() && nowMs >= this.#stateDeadlineMs) {
      commands.push(...this.#abandon(nowMs))
    }
    return commands
  }

  /** When `onTick` is to be called next; undefined where nothing is to come. */
  deadlineMs(): number | undefined {
    const sessionDeadlineMs = this.#end?.deadlineMs()
    if (this.#state !== 'backing-off' && !this.#isConnecting()) return sessionDeadlineMs
    return Math.min(this.#stateDeadlineMs, sessionDeadlineMs ?? Number.POSITIVE_INFINITY)
  }

  /** Ignored where that session is over. */
  send(
    sessionId: SessionId,
    message: TaskManagerMessage,
    nowMs: number,
  ): TaskManagerSessionCommand[] {
    const end = this.#end
    if (end?.sessionId !== sessionId) return []
    return this.#execute(end.send(message, nowMs), nowMs)
  }

  /** Ends the session; a new one is registered. Ignored where that session is over. */
  close(sessionId: SessionId, reason: string, nowMs: number): TaskManagerSessionCommand[] {
    const end = this.#end
    if (end?.sessionId !== sessionId) return []
    return this.#execute(end.close(reason), nowMs)
  }

  /** Ends the session and everything else. */
  stop(reason: string): TaskManagerSessionCommand[] {
    if (this.#state === 'stopped') return []
    const commands = this.#map(this.#end?.close(reason) ?? [])
    this.#end = undefined
    if (this.#holdsConnection()) {
      commands.push({ kind: 'close-wire', connection: this.#connection })
    }
    this.#transition('stopped')
    return commands
  }

  #onRegistered(
    frame: Extract<SessionFrame<TaskExecutorMessage>, { kind: 'registered' }>,
    nowMs: number,
  ): TaskManagerSessionCommand[] {
    const { sessionId, heartbeatIntervalMs, heartbeatTimeoutMs } = frame
    const options = { ...this.#options, heartbeatIntervalMs, heartbeatTimeoutMs }
    const end = new SessionEnd<TaskManagerMessage, TaskExecutorMessage>(
      sessionId,
      options,
      messageSizeBytes,
      nowMs,
    )
    this.#end = end
    this.#transition('active')
    this.#backoff.succeeded()
    return [{ kind: 'registered', sessionId }, ...this.#execute(end.attach(0, nowMs), nowMs)]
  }

  /** A JobManager without high availability has no epoch, and no successor that ran beside it. */
  #isStale(epoch: Epoch): boolean {
    return epoch !== 0 && epoch < this.#epochSeen
  }

  /** Its session is given back; one with a newer JobManager stays as it is. */
  #onStaleJobManager(
    frame: Extract<SessionFrame<TaskExecutorMessage>, { kind: 'registered' | 'refused' }>,
    nowMs: number,
  ): TaskManagerSessionCommand[] {
    const { epoch } = frame
    const epochSeen = this.#epochSeen
    const commands: TaskManagerSessionCommand[] = [{ kind: 'stale-job-manager', epoch, epochSeen }]
    if (frame.kind === 'registered') {
      const reason = `epoch ${epoch} of the JobManager is over: epoch ${epochSeen} was seen`
      commands.push(this.#sendFrame({ kind: 'close', sessionId: frame.sessionId, reason }))
    }
    return [...commands, ...this.#abandon(nowMs)]
  }

  #onRefused(error: ErrorInfo, nowMs: number): TaskManagerSessionCommand[] {
    const refused: TaskManagerSessionCommand = { kind: 'refused', error }
    if (this.#end === undefined) return [refused, ...this.#abandon(nowMs)]
    // This session is void at the JobManager; there is nobody to tell.
    if (this.#state === 'active') this.#end.detach()
    return [refused, ...this.#execute(this.#end.close(error.message), nowMs)]
  }

  /** Gives the session's commands their connection; a session that closed goes with it. */
  #execute(
    commands: readonly SessionEndCommand<TaskManagerMessage, TaskExecutorMessage>[],
    nowMs: number,
  ): TaskManagerSessionCommand[] {
    const mapped = this.#map(commands)
    if (this.#end?.state !== 'closed') return mapped
    this.#end = undefined
    // A connection that has no session yet may register one; any other was this session's.
    const isFree = this.#state === 'connecting' || !this.#holdsConnection()
    return isFree ? mapped : [...mapped, ...this.#lose(nowMs, { isFailure: false })]
  }

  #map(
    commands: readonly SessionEndCommand<TaskManagerMessage, TaskExecutorMessage>[],
  ): TaskManagerSessionCommand[] {
    return commands.map((command) =>
      command.kind === 'send-frame' ? this.#sendFrame(command.frame) : command,
    )
  }

  /** The peer does not keep to the protocol, or does not answer. */
  #abandon(nowMs: number): TaskManagerSessionCommand[] {
    return this.#holdsConnection() ? this.#lose(nowMs, { isFailure: true }) : []
  }

  /** The connection ends here; the session, if there is one, waits for the next. */
  #lose(nowMs: number, how: { readonly isFailure: boolean }): TaskManagerSessionCommand[] {
    const commands: TaskManagerSessionCommand[] = []
    if (this.#end?.state === 'active') commands.push(...this.#map(this.#end.detach()))
    commands.push({ kind: 'close-wire', connection: this.#connection })
    if (how.isFailure) this.#backoff.failed()
    this.#transition('backing-off')
    this.#stateDeadlineMs = this.#backoff.nextDialMs(nowMs)
    if (this.#stateDeadlineMs <= nowMs) commands.push(...this.#dial(nowMs))
    return commands
  }

  #dial(nowMs: number): TaskManagerSessionCommand[] {
    this.#transition('connecting')
    this.#backoff.dialed(nowMs)
    this.#connection++
    this.#stateDeadlineMs = nowMs + this.#options.heartbeatTimeoutMs
    return [{ kind: 'connect', connection: this.#connection }]
  }

  #isConnecting(): boolean {
    return (
      this.#state === 'connecting' || this.#state === 'registering' || this.#state === 'resuming'
    )
  }

  #holdsConnection(): boolean {
    return this.#isConnecting() || this.#state === 'active'
  }

  #requireEnd(): SessionEnd<TaskManagerMessage, TaskExecutorMessage> {
    assert(this.#end !== undefined, `No session in state ${this.#state}`)
    return this.#end
  }

  #sendFrame(frame: SessionFrame<TaskManagerMessage>): TaskManagerSessionCommand {
    return { kind: 'send-frame', connection: this.#connection, frame }
  }

  #transition(to: State): void {
    this.#state = transition(transitions, this.#state, to)
  }
}
