import {
  assert,
  type SessionId,
  type TransitionTable,
  transition,
  unreachable,
} from '@millrace/core'
import type { SessionTraffic } from '../session-frame.ts'
import { type ResendBounds, SessionDelivery } from './session-delivery.ts'

// One end of a session, the same for both sides. Connections come and go under it: `attach` and
// `detach`. Times are monotonic milliseconds.
//
// Invariants
//  - While not attached nothing is sent; what is to be sent waits in the resend buffer.
//  - Every frame carries the count of messages received, and so acknowledges them.
//  - The end closes when nothing was heard for the heartbeat time-out, attached or not.
//  - 'closed' is the last command.

export type SessionEndState = 'opening' | 'active' | 'suspended' | 'closed'

const transitions: TransitionTable<SessionEndState> = {
  opening: ['active', 'closed'],
  active: ['suspended', 'closed'],
  suspended: ['active', 'closed'],
  closed: [],
}

export type SessionEndCommand<Out, In> =
  | { readonly kind: 'send-frame'; readonly frame: SessionTraffic<Out> }
  | { readonly kind: 'deliver'; readonly message: In }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'closed'; readonly reason: string }

export interface SessionEndOptions extends ResendBounds {
  readonly heartbeatIntervalMs: number
  readonly heartbeatTimeoutMs: number
}

/** So many messages or bytes are acknowledged at once, not with the next heartbeat. */
const acknowledgeAtOnceCount = 64
const acknowledgeAtOnceBytes = 1024 * 1024

export class SessionEnd<Out, In> {
  readonly sessionId: SessionId
  readonly #options: SessionEndOptions
  readonly #sizeOf: (message: unknown) => number
  readonly #delivery: SessionDelivery<Out>
  #state: SessionEndState = 'opening'
  #lastHeardMs: number
  #lastSentMs: number
  /** What the peer was told of having been received, and the bytes received since. */
  #toldCount = 0
  #untoldBytes = 0

  constructor(
    sessionId: SessionId,
    options: SessionEndOptions,
    sizeOf: (message: unknown) => number,
    nowMs: number,
  ) {
    this.sessionId = sessionId
    this.#options = options
    this.#sizeOf = sizeOf
    this.#delivery = new SessionDelivery(options)
    this.#lastHeardMs = nowMs
    this.#lastSentMs = nowMs
  }

  get state(): SessionEndState {
    return this.#state
  }

  get receivedCount(): number {
    return this.#delivery.receivedCount
  }

  get lastHeardMs(): number {
    return this.#lastHeardMs
  }

  /** A connection is there, on which the peer said what it has; the rest is sent (again). */
  attach(peerReceivedCount: number, nowMs: number): SessionEndCommand<Out, In>[] {
    assert(this.#state === 'opening' || this.#state === 'suspended', 'The session is attached')
    if (!this.#delivery.acknowledge(peerReceivedCount)) {
      return this.#close(`the peer claims to have received ${peerReceivedCount} messages`)
    }
    const wasSuspended = this.#state === 'suspended'
    this.#state = transition(transitions, this.#state, 'active')
    this.#lastHeardMs = nowMs
    // Its own received count went with the answer that opened the connection.
    this.#told(nowMs)
    const again = this.#delivery
      .unacknowledged()
      .map(({ sequence, message }) => this.#messageFrame(sequence, message))
    return wasSuspended ? [{ kind: 'resumed' }, ...again] : again
  }

  /** The connection is gone. */
  detach(): SessionEndCommand<Out, In>[] {
    assert(this.#state === 'active', `The session is ${this.#state}, not attached`)
    this.#state = transition(transitions, this.#state, 'suspended')
    return [{ kind: 'suspended' }]
  }

  /** Ignored once closed: 'closed' was told, and what is sent into a closed session is void. */
  send(message: Out, nowMs: number): SessionEndCommand<Out, In>[] {
    if (this.#state === 'closed') return []
    const sequence = this.#delivery.append(message, this.#sizeOf(message))
    if (sequence === undefined) {
      const { unacknowledgedCount, unacknowledgedBytes } = this.#delivery
      return this.close(
        `the resend buffer is full: ${unacknowledgedCount} messages, ${unacknowledgedBytes} ` +
          `bytes wait for the peer to acknowledge them`,
      )
    }
    if (this.#state !== 'active') return []
    this.#told(nowMs)
    return [this.#messageFrame(sequence, message)]
  }

  /** A frame of this session came by its connection. */
  receive(frame: SessionTraffic<In>, nowMs: number): SessionEndCommand<Out, In>[] {
    assert(frame.sessionId === this.sessionId, 'The frame belongs to another session')
    if (this.#state !== 'active') return []
    this.#lastHeardMs = nowMs
    if (frame.kind === 'close') return this.#close(frame.reason)
    if (!this.#delivery.acknowledge(frame.receivedCount)) {
      return this.close(`the peer claims to have received ${frame.receivedCount} messages`)
    }
    switch (frame.kind) {
      case 'heartbeat':
        return []
      case 'message':
        return this.#receiveMessage(frame.sequence, frame.message, nowMs)
      default:
        return unreachable(frame)
    }
  }

  /** Sends the heartbeat that is due, or closes if the peer's did not come. */
  tick(nowMs: number): SessionEndCommand<Out, In>[] {
    if (this.#state === 'closed') return []
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options
    const lateMs = nowMs - (this.#lastHeardMs + heartbeatTimeoutMs)
    if (lateMs >= 0) {
      // Called too late, this process itself stood still: the peer's heartbeats may lie unread in
      // the socket, so they get one more interval.
      if (lateMs <= heartbeatIntervalMs / 2) {
        return this.close(`no heartbeat for ${heartbeatTimeoutMs} ms`)
      }
      this.#lastHeardMs = nowMs - heartbeatTimeoutMs + heartbeatIntervalMs
    }
    if (this.#state !== 'active' || nowMs < this.#lastSentMs + heartbeatIntervalMs) return []
    return [this.#heartbeat(nowMs)]
  }

  /** When `tick` is to be called next; undefined once closed. */
  deadlineMs(): number | undefined {
    if (this.#state === 'closed') return undefined
    const timeout = this.#lastHeardMs + this.#options.heartbeatTimeoutMs
    if (this.#state !== 'active') return timeout
    return Math.min(timeout, this.#lastSentMs + this.#options.heartbeatIntervalMs)
  }

  /** Ends the session and tells the peer, if a connection is there. */
  close(reason: string): SessionEndCommand<Out, In>[] {
    if (this.#state !== 'active') return this.#close(reason)
    const frame: SessionTraffic<Out> = { kind: 'close', sessionId: this.sessionId, reason }
    return [{ kind: 'send-frame', frame }, ...this.#close(reason)]
  }

  #receiveMessage(sequence: number, message: In, nowMs: number): SessionEndCommand<Out, In>[] {
    const verdict = this.#delivery.receive(sequence)
    if (verdict === 'duplicate') return []
    if (verdict === 'gap') {
      const expected = this.#delivery.receivedCount + 1
      return this.close(`message ${sequence} came where ${expected} was expected`)
    }
    this.#untoldBytes += this.#sizeOf(message)
    const untoldCount = this.#delivery.receivedCount - this.#toldCount
    const deliver: SessionEndCommand<Out, In> = { kind: 'deliver', message }
    if (untoldCount < acknowledgeAtOnceCount && this.#untoldBytes < acknowledgeAtOnceBytes) {
      return [deliver]
    }
    return [deliver, this.#heartbeat(nowMs)]
  }

  #messageFrame(sequence: number, message: Out): SessionEndCommand<Out, In> {
    const { sessionId, receivedCount } = this
    const frame = { kind: 'message', sessionId, sequence, receivedCount, message } as const
    return { kind: 'send-frame', frame }
  }

  #heartbeat(nowMs: number): SessionEndCommand<Out, In> {
    this.#told(nowMs)
    const { sessionId, receivedCount } = this
    return { kind: 'send-frame', frame: { kind: 'heartbeat', sessionId, receivedCount } }
  }

  #told(nowMs: number): void {
    this.#lastSentMs = nowMs
    this.#toldCount = this.#delivery.receivedCount
    this.#untoldBytes = 0
  }

  #close(reason: string): SessionEndCommand<Out, In>[] {
    if (this.#state === 'closed') return []
    this.#state = transition(transitions, this.#state, 'closed')
    return [{ kind: 'closed', reason }]
  }
}
