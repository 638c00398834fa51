import {
  type Clock,
  type Logger,
  SessionId,
  supervise,
  type TaskManagerMessage,
  type TaskManagerRegistration,
  unreachable,
} from '@millrace/core'
import { CommandLoop } from './command-loop.ts'
import {
  TaskManagerSession,
  type TaskManagerSessionCommand,
} from './protocol/task-manager-session.ts'
import { isTraffic } from './session-frame.ts'
import { SessionHandle } from './session-handle.ts'
import type { SessionEnvironment, TaskManagerSessionHandler } from './session-handlers.ts'
import { type SessionOptions, sessionOptionsDefault } from './session-options.ts'
import type { SessionConnector, TaskManagerWire, TaskManagerWireHandler } from './session-wire.ts'

/** A JobManager that only starts later than its TaskManagers is no news. */
const firstWarningAfterMs = 5000
const warningIntervalMs = 60_000

/**
 * A TaskManager's sessions with its JobManager, one after the other: dials for ever, registers,
 * resumes over a broken connection, and registers anew when a session was lost. `start` once, then
 * `close` once.
 */
export class TaskManagerSessionClient {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #connector: SessionConnector
  readonly #handler: TaskManagerSessionHandler
  readonly #machine: TaskManagerSession
  readonly #loop: CommandLoop<TaskManagerSessionCommand>
  /** The current connection, once made. */
  #wire: { readonly connection: number; readonly wire: TaskManagerWire } | undefined
  #session: SessionHandle<TaskManagerMessage> | undefined
  /** While dialling fails: since when, and when to warn of it. */
  #outage: { readonly sinceMs: number; readonly warnAtMs: number } | undefined

  constructor(
    environment: SessionEnvironment,
    connector: SessionConnector,
    setup: {
      readonly registration: TaskManagerRegistration
      readonly options?: Partial<SessionOptions>
    },
    handler: TaskManagerSessionHandler,
  ) {
    const { clock, random, logger } = environment
    this.#clock = clock
    this.#logger = logger
    this.#connector = connector
    this.#handler = handler
    // A session id is as random as an incarnation has to be.
    const incarnation = SessionId.random(random)
    const options = { ...sessionOptionsDefault, ...setup.options, incarnation }
    this.#machine = new TaskManagerSession(random, setup.registration, options)
    this.#loop = new CommandLoop<TaskManagerSessionCommand>(clock, {
      execute: (command) => this.#execute(command),
      onTick: (nowMs) => this.#machine.onTick(nowMs),
      deadlineMs: () => this.#machine.deadlineMs(),
    })
  }

  start(): void {
    this.#loop.run(this.#machine.start(this.#nowMs()))
  }

  /** Ends the session (`onClosed` is called, the JobManager is told) and dials no more. */
  close(reason: string): void {
    this.#loop.run(this.#machine.stop(reason))
    this.#loop.close()
  }

  #execute(command: TaskManagerSessionCommand): void {
    switch (command.kind) {
      case 'connect':
        this.#connect(command.connection)
        return
      case 'send-frame':
        if (this.#wire?.connection === command.connection) this.#wire.wire.send(command.frame)
        return
      case 'close-wire':
        if (this.#wire?.connection !== command.connection) return
        this.#wire.wire.close()
        this.#wire = undefined
        return
      case 'refused':
        this.#logger.warn('refused by the JobManager', { error: command.error })
        return
      case 'stale-job-manager': {
        const { epoch, epochSeen } = command
        this.#logger.warn('JobManager refused: a newer one was seen', { epoch, epochSeen })
        return
      }
      case 'registered':
        this.#onRegistered(command.sessionId)
        return
      case 'deliver':
        if (this.#session?.isOpen) this.#handler.onMessage(command.message)
        return
      case 'suspended':
        this.#logger.debug('session suspended', { sessionId: this.#session?.sessionId })
        this.#handler.onSuspended()
        return
      case 'resumed':
        this.#logger.debug('session resumed', { sessionId: this.#session?.sessionId })
        this.#handler.onResumed()
        return
      case 'closed':
        this.#onClosed(command.reason)
        return
      default:
        unreachable(command)
    }
  }

  #connect(connection: number): void {
    const handler: TaskManagerWireHandler = {
      onFrame: (frame) => {
        const commands = this.#machine.onFrame(connection, frame, this.#nowMs())
        if (isTraffic(frame)) this.#loop.runTraffic(commands)
        else this.#loop.run(commands)
      },
      onClosed: (error) => {
        this.#logger.debug('connection closed', { connection, error })
        if (this.#wire?.connection === connection) this.#wire = undefined
        this.#loop.run(this.#machine.onWireClosed(connection, this.#nowMs()))
      },
    }
    const connected = this.#connector.connect(handler).then(
      (wire) => this.#onConnected(connection, wire),
      (error: unknown) => {
        this.#onConnectFailed(connection, error)
        this.#loop.run(this.#machine.onConnectFailed(connection, this.#nowMs()))
      },
    )
    supervise(connected, (error) => this.#crash(error))
  }

  #onConnectFailed(connection: number, error: unknown): void {
    this.#logger.debug('connection failed', { connection, error })
    const nowMs = this.#nowMs()
    this.#outage ??= { sinceMs: nowMs, warnAtMs: nowMs + firstWarningAfterMs }
    const { sinceMs, warnAtMs } = this.#outage
    if (nowMs < warnAtMs) return
    this.#outage = { sinceMs, warnAtMs: nowMs + warningIntervalMs }
    this.#logger.warn('JobManager not reached', { forMs: Math.round(nowMs - sinceMs), error })
  }

  #onConnected(connection: number, wire: TaskManagerWire): void {
    this.#outage = undefined
    if (this.#machine.awaits(connection)) this.#wire = { connection, wire }
    else wire.close()
    this.#loop.run(this.#machine.onConnected(connection, this.#nowMs()))
  }

  #onRegistered(sessionId: SessionId): void {
    const session = new SessionHandle<TaskManagerMessage>(
      sessionId,
      (message) => this.#loop.runTraffic(this.#machine.send(sessionId, message, this.#nowMs())),
      (reason) => this.#loop.run(this.#machine.close(sessionId, reason, this.#nowMs())),
    )
    this.#session = session
    this.#logger.debug('session opened', { sessionId })
    this.#handler.onRegistered(session)
  }

  #onClosed(reason: string): void {
    const session = this.#session
    this.#session = undefined
    session?.ended()
    this.#logger.warn('session closed', { sessionId: session?.sessionId, reason })
    this.#handler.onClosed(reason)
  }

  /** A handler threw where its error would be lost: a bug, which ends the process. */
  #crash(error: unknown): void {
    this.#clock.setImmediate(() => {
      throw error
    })
  }

  #nowMs(): number {
    return this.#clock.monotonicMs()
  }
}
