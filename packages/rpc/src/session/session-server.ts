import {
  type Clock,
  errorInfo,
  type Logger,
  MillraceError,
  type SessionHandler,
  type SessionId,
  supervise,
  type TaskExecutorMessage,
  type TaskManagerMessage,
  type TaskManagerRegistration,
  unreachable,
} from '@millrace/core'
import { CommandLoop } from './command-loop.ts'
import type { LivenessProbe } from './liveness-probe.ts'
import { SessionRegistry, type SessionRegistryCommand } from './protocol/session-registry.ts'
import { isTraffic } from './session-frame.ts'
import { SessionHandle } from './session-handle.ts'
import type { SessionEnvironment, SessionServerHandler } from './session-handlers.ts'
import { type SessionServerOptions, sessionOptionsDefault } from './session-options.ts'
import type { JobManagerWire, JobManagerWireHandler } from './session-wire.ts'

interface OpenSession {
  readonly session: SessionHandle<TaskExecutorMessage>
  readonly handler: SessionHandler<TaskManagerMessage>
  readonly logger: Logger
}

/** The JobManager's side of all sessions. Connections come in by `acceptWire`. */
export class SessionServer {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #livenessProbe: LivenessProbe
  readonly #handler: SessionServerHandler
  readonly #machine: SessionRegistry
  readonly #loop: CommandLoop<SessionRegistryCommand>
  readonly #wires = new Map<number, JobManagerWire>()
  readonly #sessions = new Map<SessionId, OpenSession>()
  #wireCount = 0
  #isClosed = false

  constructor(
    environment: SessionEnvironment,
    livenessProbe: LivenessProbe,
    options: Partial<SessionServerOptions>,
    handler: SessionServerHandler,
  ) {
    const { clock, random, logger } = environment
    this.#clock = clock
    this.#logger = logger
    this.#livenessProbe = livenessProbe
    this.#handler = handler
    this.#machine = new SessionRegistry(random, { ...sessionOptionsDefault, epoch: 0, ...options })
    this.#loop = new CommandLoop<SessionRegistryCommand>(clock, {
      execute: (command) => this.#execute(command),
      onTick: (nowMs) => this.#machine.onTick(nowMs),
      deadlineMs: () => this.#machine.deadlineMs(),
    })
  }

  /** Takes a new connection; the answer is told what comes by it. */
  acceptWire(wire: JobManagerWire): JobManagerWireHandler {
    if (this.#isClosed) {
      wire.close()
      return { onFrame: () => {}, onClosed: () => {} }
    }
    this.#wireCount++
    const id = this.#wireCount
    this.#wires.set(id, wire)
    this.#machine.onWireAccepted(id, this.#nowMs())
    this.#loop.run([])
    return {
      onFrame: (frame) => {
        const commands = this.#machine.onFrame(id, frame, this.#nowMs())
        if (isTraffic(frame)) this.#loop.runTraffic(commands)
        else this.#loop.run(commands)
      },
      onClosed: (error) => {
        this.#logger.debug('connection closed', { wire: id, error })
        this.#wires.delete(id)
        this.#loop.run(this.#machine.onWireClosed(id, this.#nowMs()))
      },
    }
  }

  /** Milliseconds since the TaskManager was heard last; undefined where the session is over. */
  lastHeartbeatAgoMs(sessionId: SessionId): number | undefined {
    const lastHeardMs = this.#machine.lastHeardMs(sessionId)
    return lastHeardMs === undefined ? undefined : this.#nowMs() - lastHeardMs
  }

  /** Closes every session (each `onClosed` is called, each TaskManager told) and takes no more. */
  close(reason: string): void {
    this.#isClosed = true
    this.#loop.run(this.#machine.closeAll(reason))
    this.#loop.close()
  }

  #execute(command: SessionRegistryCommand): void {
    switch (command.kind) {
      case 'send-frame':
        this.#wires.get(command.wire)?.send(command.frame)
        return
      case 'close-wire':
        this.#wires.get(command.wire)?.close()
        this.#wires.delete(command.wire)
        return
      case 'registration':
        this.#onRegistration(command.sessionId, command.registration)
        return
      case 'probe':
        this.#probe(command)
        return
      case 'deliver': {
        const open = this.#sessions.get(command.sessionId)
        if (open?.session.isOpen) open.handler.onMessage(command.message)
        return
      }
      case 'suspended':
        this.#onSuspended(command.sessionId)
        return
      case 'resumed':
        this.#onResumed(command.sessionId)
        return
      case 'closed':
        this.#onClosed(command.sessionId, command.reason)
        return
      default:
        unreachable(command)
    }
  }

  #onRegistration(sessionId: SessionId, registration: TaskManagerRegistration): void {
    const { taskManagerId } = registration
    const session = new SessionHandle<TaskExecutorMessage>(
      sessionId,
      (message) => this.#loop.runTraffic(this.#machine.send(sessionId, message, this.#nowMs())),
      (reason) => this.#loop.run(this.#machine.close(sessionId, reason)),
    )
    const answer = this.#handler.onTaskManagerRegistered(registration, session)
    if (answer instanceof MillraceError) {
      this.#logger.warn('TaskManager refused', { taskManagerId, error: answer })
      session.ended()
      this.#loop.run(this.#machine.refuse(sessionId, errorInfo(answer)))
      return
    }
    const logger = this.#logger.child({ taskManagerId, sessionId })
    this.#sessions.set(sessionId, { session, handler: answer, logger })
    logger.debug('session opened', { slotCount: registration.slotCount })
    this.#loop.run(this.#machine.accept(sessionId, this.#nowMs()))
  }

  #probe(command: Extract<SessionRegistryCommand, { kind: 'probe' }>): void {
    const { sessionId, probe, address } = command
    const probed = this.#livenessProbe.probe(address).then((liveness) => {
      this.#loop.run(this.#machine.onProbed(sessionId, probe, liveness, this.#nowMs()))
    })
    // A probe never rejects: what comes here a handler threw, a bug, which ends the process.
    supervise(probed, (error) => {
      this.#clock.setImmediate(() => {
        throw error
      })
    })
  }

  #onSuspended(sessionId: SessionId): void {
    const open = this.#sessions.get(sessionId)
    open?.logger.debug('session suspended')
    open?.handler.onSuspended()
  }

  #onResumed(sessionId: SessionId): void {
    const open = this.#sessions.get(sessionId)
    open?.logger.debug('session resumed')
    open?.handler.onResumed()
  }

  #onClosed(sessionId: SessionId, reason: string): void {
    const open = this.#sessions.get(sessionId)
    this.#sessions.delete(sessionId)
    open?.session.ended()
    open?.logger.warn('session closed', { reason })
    open?.handler.onClosed(reason)
  }

  #nowMs(): number {
    return this.#clock.monotonicMs()
  }
}
