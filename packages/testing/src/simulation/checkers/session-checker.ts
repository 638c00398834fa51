import type { SessionId, TaskExecutorMessage, TaskManagerMessage } from '@millrace/core'
import type { SessionPlace, Side } from '../cluster/cluster-observer.ts'
import { Checker } from './checker.ts'

type Message = TaskExecutorMessage | TaskManagerMessage

interface End {
  readonly place: SessionPlace
  readonly sent: string[]
  receivedCount: number
  isOpen: boolean
}

const opposite: Readonly<Record<Side, Side>> = {
  jobmanager: 'taskmanager',
  taskmanager: 'jobmanager',
}

// Invariants
//  - A message is acted on once, in the order it was sent, and only while the session is open
// there.
//  - A session is opened once and closed once at each end.
//  - When nothing happens any more, an open session has delivered everything.

export class SessionChecker extends Checker {
  readonly #ends = new Map<string, End>()

  onSessionOpened(place: SessionPlace): void {
    const key = keyOf(place.side, place.sessionId)
    if (this.#ends.has(key)) this.violate('session-opened-once', key)
    this.#ends.set(key, { place, sent: [], receivedCount: 0, isOpen: true })
  }

  onSessionClosed(place: SessionPlace): void {
    const end = this.#ends.get(keyOf(place.side, place.sessionId))
    if (end === undefined) return
    end.isOpen = false
  }

  onSent(place: SessionPlace, message: Message): void {
    const end = this.#ends.get(keyOf(place.side, place.sessionId))
    // What is sent into a session that closed is void.
    if (end?.isOpen === true) end.sent.push(digest(message))
  }

  onReceived(place: SessionPlace, message: Message): void {
    const key = keyOf(place.side, place.sessionId)
    const end = this.#ends.get(key)
    if (end?.isOpen !== true) {
      this.violate('no-message-of-a-dead-session', `${key} got ${message.kind}`)
      return
    }
    const peer = this.#ends.get(keyOf(opposite[place.side], place.sessionId))
    const sent = peer?.sent[end.receivedCount]
    if (sent !== digest(message)) {
      const wanted = sent?.slice(0, 200) ?? 'nothing'
      this.violate(
        'session-delivers-once-in-order',
        `${key}, message ${end.receivedCount + 1}: ${wanted} was sent, ${digest(message)} came`,
      )
    }
    end.receivedCount++
  }

  onQuiescent(): void {
    for (const [key, end] of this.#ends) {
      const { place, isOpen, receivedCount } = end
      const peer = this.#ends.get(keyOf(opposite[place.side], place.sessionId))
      if (!isOpen || !place.actor.isAlive || peer?.place.actor.isAlive !== true) continue
      if (!peer.isOpen) {
        this.violate('session-closed-at-both-ends', `${key} is open, its other end is not`)
      } else if (peer.sent.length !== receivedCount) {
        this.violate(
          'session-delivers-everything',
          `${key} got ${receivedCount} of ${peer.sent.length} messages`,
        )
      }
    }
  }
}

function keyOf(side: Side, sessionId: SessionId): string {
  return `${side} ${sessionId}`
}

/** Enough of a message to tell it from its neighbours. */
function digest(message: Message): string {
  switch (message.kind) {
    case 'task-execution-state':
      return `${message.kind} ${message.state.attemptId} ${message.state.state}`
    case 'submit-task':
      return `${message.kind} ${message.deployment.attemptId}`
    case 'operator-event':
      return `${message.kind} ${message.attemptId} ${message.operatorId} ${message.event.join()}`
    case 'allocate-slot':
    case 'free-slot':
      return `${message.kind} ${message.allocationId}`
    case 'slot-report':
      return `${message.kind} ${message.slots.map((slot) => `${slot.incarnation} ${slot.state}`)}`
    default:
      return message.kind
  }
}
