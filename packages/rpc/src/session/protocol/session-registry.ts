import {
  assert,
  type ErrorInfo,
  errorInfo,
  MillraceError,
  type Random,
  SessionId,
  type TaskExecutorMessage,
  type TaskManagerId,
  type TaskManagerMessage,
  type TaskManagerRegistration,
} from '@millrace/core'
import type { Liveness } from '../liveness-probe.ts'
import { type ConnectionOrigin, isTraffic, type SessionFrame } from '../session-frame.ts'
import type { SessionServerOptions } from '../session-options.ts'
import { fencedInfo, isStale, protocolBrokenInfo } from './fencing.ts'
import { messageSizeBytes } from './message-size.ts'
import { SessionEnd, type SessionEndCommand } from './session-end.ts'

// The JobManager's side: all sessions of all TaskManagers.
//
// Invariants
//  - A TaskManagerId has one session at most, a session one connection at most.
//  - A session is named by an id that never returns; a frame of another one is refused.
//  - A connection that was given up (replaced, or of an older number) changes nothing any more.
//  - A session without a connection is probed until it resumes or closes; 'refused' closes it.

export type SessionRegistryCommand =
  | {
      readonly kind: 'send-frame'
      readonly wire: number
      readonly frame: SessionFrame<TaskExecutorMessage>
    }
  | { readonly kind: 'close-wire'; readonly wire: number }
  /** To be answered by `accept` or `refuse`. */
  | {
      readonly kind: 'registration'
      readonly sessionId: SessionId
      readonly registration: TaskManagerRegistration
    }
  /** To be answered by `onProbed`, some time. */
  | {
      readonly kind: 'probe'
      readonly sessionId: SessionId
      readonly probe: number
      readonly address: string
    }
  | {
      readonly kind: 'deliver'
      readonly sessionId: SessionId
      readonly message: TaskManagerMessage
    }
  | { readonly kind: 'suspended'; readonly sessionId: SessionId }
  | { readonly kind: 'resumed'; readonly sessionId: SessionId }
  | { readonly kind: 'closed'; readonly sessionId: SessionId; readonly reason: string }

/** A dying process may still accept for a moment, so it is asked again. */
const probeAgainMs = 100

interface Entry {
  readonly end: SessionEnd<TaskExecutorMessage, TaskManagerMessage>
  readonly registration: TaskManagerRegistration
  origin: ConnectionOrigin
  /** undefined while suspended. */
  wire: number | undefined
  /** The newest probe; the answers to others do not count. */
  probe: number
  /** When to probe again; undefined while attached or while one is on its way. */
  nextProbeMs: number | undefined
}

interface Wire {
  /** undefined until it registered or resumed one. */
  sessionId: SessionId | undefined
  readonly deadlineMs: number
}

export class SessionRegistry {
  readonly #random: Random
  readonly #options: SessionServerOptions
  readonly #wires = new Map<number, Wire>()
  readonly #sessions = new Map<SessionId, Entry>()
  readonly #sessionIds = new Map<TaskManagerId, SessionId>()

  constructor(random: Random, options: SessionServerOptions) {
    this.#random = random
    this.#options = options
  }

  /** When the TaskManager was heard last; undefined where the session is over. */
  lastHeardMs(sessionId: SessionId): number | undefined {
    return this.#sessions.get(sessionId)?.end.lastHeardMs
  }

  onWireAccepted(wire: number, nowMs: number): void {
    const deadlineMs = nowMs + this.#options.heartbeatTimeoutMs
    this.#wires.set(wire, { sessionId: undefined, deadlineMs })
  }

  onFrame(
    wire: number,
    frame: SessionFrame<TaskManagerMessage>,
    nowMs: number,
  ): SessionRegistryCommand[] {
    const known = this.#wires.get(wire)
    if (known === undefined) return []
    if (known.sessionId === undefined) {
      if (frame.kind === 'register') return this.#onRegister(wire, frame, nowMs)
      if (frame.kind === 'resume') return this.#onResume(wire, frame, nowMs)
    }
    if (!isTraffic(frame) || frame.sessionId !== known.sessionId) {
      return this.#fence(wire, frame, nowMs)
    }
    const entry = this.#require(frame.sessionId)
    return this.#execute(entry, entry.end.receive(frame, nowMs))
  }

  onWireClosed(wire: number, nowMs: number): SessionRegistryCommand[] {
    const sessionId = this.#wires.get(wire)?.sessionId
    this.#wires.delete(wire)
    if (sessionId === undefined) return []
    const entry = this.#require(sessionId)
    entry.wire = undefined
    if (entry.end.state === 'opening') {
      return this.#execute(entry, entry.end.close('the connection broke during registration'))
    }
    return [...this.#execute(entry, entry.end.detach()), ...this.#probe(entry, nowMs)]
  }

  /** The handler takes the TaskManager: the session is open. */
  accept(sessionId: SessionId, nowMs: number): SessionRegistryCommand[] {
    const entry = this.#sessions.get(sessionId)
    if (entry?.end.state !== 'opening') return []
    const { heartbeatIntervalMs, heartbeatTimeoutMs, epoch } = this.#options
    const wire = this.#requireWire(entry)
    const frame = {
      kind: 'registered',
      sessionId,
      heartbeatIntervalMs,
      heartbeatTimeoutMs,
      epoch,
    } as const
    return [
      { kind: 'send-frame', wire, frame },
      ...this.#execute(entry, entry.end.attach(0, nowMs)),
    ]
  }

  /** The handler does not take it. */
  refuse(sessionId: SessionId, error: ErrorInfo): SessionRegistryCommand[] {
    const entry = this.#sessions.get(sessionId)
    if (entry?.end.state !== 'opening') return []
    const wire = this.#requireWire(entry)
    this.#forget(entry)
    return this.#refuseWire(wire, error)
  }

  onProbed(
    sessionId: SessionId,
    probe: number,
    liveness: Liveness,
    nowMs: number,
  ): SessionRegistryCommand[] {
    const entry = this.#sessions.get(sessionId)
    if (entry === undefined || entry.probe !== probe || entry.wire !== undefined) return []
    const isReplaced = liveness === 'accepted' && this.#isReplaced(entry)
    if (liveness === 'refused' || isReplaced) {
      const { taskManagerId, livenessAddress } = entry.registration
      const reason = isReplaced
        ? `${taskManagerId} is dead: another process listens on ${livenessAddress} by now`
        : `${taskManagerId} is dead: nobody listens on ${livenessAddress} any more`
      return this.#execute(entry, entry.end.close(reason))
    }
    entry.nextProbeMs = nowMs + probeAgainMs
    return []
  }

  onTick(nowMs: number): SessionRegistryCommand[] {
    const commands: SessionRegistryCommand[] = []
    for (const [wire, { sessionId, deadlineMs }] of [...this.#wires]) {
      if (sessionId === undefined && nowMs >= deadlineMs) commands.push(...this.#closeWire(wire))
    }
    for (const entry of [...this.#sessions.values()]) {
      commands.push(...this.#execute(entry, entry.end.tick(nowMs)))
      const isProbeDue = entry.nextProbeMs !== undefined && nowMs >= entry.nextProbeMs
      if (isProbeDue && entry.end.state !== 'closed') commands.push(...this.#probe(entry, nowMs))
    }
    return commands
  }

  /** When `onTick` is to be called next; undefined where nothing is to come. */
  deadlineMs(): number | undefined {
    let deadlineMs = Number.POSITIVE_INFINITY
    for (const wire of this.#wires.values()) {
      if (wire.sessionId === undefined) deadlineMs = Math.min(deadlineMs, wire.deadlineMs)
    }
    for (const { end, nextProbeMs } of this.#sessions.values()) {
      deadlineMs = Math.min(deadlineMs, end.deadlineMs() ?? deadlineMs, nextProbeMs ?? deadlineMs)
    }
    return deadlineMs === Number.POSITIVE_INFINITY ? undefined : deadlineMs
  }

  /** Ignored where that session is over. */
  send(
    sessionId: SessionId,
    message: TaskExecutorMessage,
    nowMs: number,
  ): SessionRegistryCommand[] {
    const entry = this.#sessions.get(sessionId)
    return entry === undefined ? [] : this.#execute(entry, entry.end.send(message, nowMs))
  }

  /** Ignored where that session is over. One that is not open yet is refused to the TaskManager. */
  close(sessionId: SessionId, reason: string): SessionRegistryCommand[] {
    const entry = this.#sessions.get(sessionId)
    if (entry === undefined) return []
    const commands: SessionRegistryCommand[] = []
    if (entry.end.state === 'opening') {
      const error = errorInfo(new MillraceError('REGISTRATION_REFUSED', reason))
      const wire = this.#requireWire(entry)
      commands.push(this.#refusal(wire, error))
    }
    return [...commands, ...this.#execute(entry, entry.end.close(reason))]
  }

  /** Closes every session and every connection. */
  closeAll(reason: string): SessionRegistryCommand[] {
    const commands = [...this.#sessions.keys()].flatMap((sessionId) =>
      this.close(sessionId, reason),
    )
    for (const wire of [...this.#wires.keys()]) commands.push(...this.#closeWire(wire))
    return commands
  }

  #onRegister(
    wire: number,
    frame: Extract<SessionFrame<TaskManagerMessage>, { kind: 'register' }>,
    nowMs: number,
  ): SessionRegistryCommand[] {
    const { registration, origin } = frame
    const { taskManagerId } = registration
    const commands: SessionRegistryCommand[] = []
    const earlier = this.#entryOf(taskManagerId)
    if (earlier !== undefined) {
      if (isStale(origin, earlier.origin)) return this.#closeWire(wire)
      commands.push(
        ...this.#execute(earlier, earlier.end.close(`${taskManagerId} registered anew`)),
      )
    }
    const sessionId = SessionId.random(this.#random)
    const end = new SessionEnd<TaskExecutorMessage, TaskManagerMessage>(
      sessionId,
      this.#options,
      messageSizeBytes,
      nowMs,
    )
    const entry = { end, registration, origin, wire, probe: 0, nextProbeMs: undefined }
    this.#sessions.set(sessionId, entry)
    this.#sessionIds.set(taskManagerId, sessionId)
    this.#bind(wire, sessionId)
    return [...commands, { kind: 'registration', sessionId, registration }]
  }

  #onResume(
    wire: number,
    frame: Extract<SessionFrame<TaskManagerMessage>, { kind: 'resume' }>,
    nowMs: number,
  ): SessionRegistryCommand[] {
    const { sessionId, taskManagerId, origin, receivedCount } = frame
    const entry = this.#sessions.get(sessionId)
    if (
      entry?.registration.taskManagerId !== taskManagerId ||
      entry.origin.incarnation !== origin.incarnation
    ) {
      return this.#refuseWire(wire, fencedInfo(sessionId))
    }
    if (isStale(origin, entry.origin)) return this.#closeWire(wire)
    const commands: SessionRegistryCommand[] = []
    if (entry.wire !== undefined) {
      commands.push(...this.#execute(entry, entry.end.detach()), ...this.#closeWire(entry.wire))
    }
    entry.wire = wire
    entry.origin = origin
    entry.nextProbeMs = undefined
    this.#bind(wire, sessionId)
    const { end } = entry
    const resumed = { kind: 'resumed', sessionId, receivedCount: end.receivedCount } as const
    commands.push({ kind: 'send-frame', wire, frame: resumed })
    return [...commands, ...this.#execute(entry, end.attach(receivedCount, nowMs))]
  }

  /** A frame that has no place here: of another session, or out of turn. */
  #fence(
    wire: number,
    frame: SessionFrame<TaskManagerMessage>,
    nowMs: number,
  ): SessionRegistryCommand[] {
    const commands = this.onWireClosed(wire, nowMs)
    const error = isTraffic(frame) ? fencedInfo(frame.sessionId) : protocolBrokenInfo(frame.kind)
    return [...commands, ...this.#refuseWire(wire, error)]
  }

  #refuseWire(wire: number, error: ErrorInfo): SessionRegistryCommand[] {
    return [this.#refusal(wire, error), ...this.#closeWire(wire)]
  }

  #refusal(wire: number, error: ErrorInfo): SessionRegistryCommand {
    const { epoch } = this.#options
    return { kind: 'send-frame', wire, frame: { kind: 'refused', error, epoch } }
  }

  #closeWire(wire: number): SessionRegistryCommand[] {
    this.#wires.delete(wire)
    return [{ kind: 'close-wire', wire }]
  }

  /** Whether a process that registered later has its address: it started where this one ended. */
  #isReplaced(entry: Entry): boolean {
    const { livenessAddress } = entry.registration
    const latest = [...this.#sessions.values()].findLast((each) => {
      return each.registration.livenessAddress === livenessAddress
    })
    return latest !== entry
  }

  #probe(entry: Entry, nowMs: number): SessionRegistryCommand[] {
    const { livenessAddress } = entry.registration
    entry.probe++
    entry.nextProbeMs =
      livenessAddress === '' ? undefined : nowMs + this.#options.heartbeatTimeoutMs
    if (livenessAddress === '') return []
    const { sessionId } = entry.end
    return [{ kind: 'probe', sessionId, probe: entry.probe, address: livenessAddress }]
  }

  /** Gives the session's commands their address; a session that closed is forgotten. */
  #execute(
    entry: Entry,
    commands: readonly SessionEndCommand<TaskExecutorMessage, TaskManagerMessage>[],
  ): SessionRegistryCommand[] {
    const { sessionId } = entry.end
    const result: SessionRegistryCommand[] = []
    for (const command of commands) {
      if (command.kind === 'send-frame') {
        result.push({ kind: 'send-frame', wire: this.#requireWire(entry), frame: command.frame })
      } else if (command.kind === 'closed') {
        if (entry.wire !== undefined) result.push({ kind: 'close-wire', wire: entry.wire })
        result.push({ kind: 'closed', sessionId, reason: command.reason })
      } else {
        result.push({ ...command, sessionId })
      }
    }
    if (entry.end.state === 'closed') this.#forget(entry)
    return result
  }

  #forget(entry: Entry): void {
    const { taskManagerId } = entry.registration
    this.#sessions.delete(entry.end.sessionId)
    if (this.#sessionIds.get(taskManagerId) === entry.end.sessionId) {
      this.#sessionIds.delete(taskManagerId)
    }
    if (entry.wire !== undefined) this.#wires.delete(entry.wire)
  }

  #bind(wire: number, sessionId: SessionId): void {
    const known = this.#wires.get(wire)
    assert(known !== undefined, `Wire ${wire} is unknown`)
    known.sessionId = sessionId
  }

  #entryOf(taskManagerId: TaskManagerId): Entry | undefined {
    const sessionId = this.#sessionIds.get(taskManagerId)
    return sessionId === undefined ? undefined : this.#sessions.get(sessionId)
  }

  #require(sessionId: SessionId): Entry {
    const entry = this.#sessions.get(sessionId)
    assert(entry !== undefined, `Session ${sessionId} is unknown`)
    return entry
  }

  #requireWire(entry: Entry): number {
    assert(entry.wire !== undefined, `Session ${entry.end.sessionId} has no connection`)
    return entry.wire
  }
}
