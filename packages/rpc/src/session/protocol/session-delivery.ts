import { assert } from '@millrace/core'

// Numbering of one end of a session.
//
// Invariants
//  - Messages sent are numbered 1, 2, 3, …; `acknowledgedCount ≤ sentCount`.
//  - What was sent and not acknowledged is kept, in order, within the bounds.
//  - Of the messages received each number is let through once, and only after the one before it.

/** A message that may have to be sent again. */
export interface UnacknowledgedMessage<Out> {
  readonly sequence: number
  readonly message: Out
  readonly sizeBytes: number
}

export interface ResendBounds {
  readonly resendMessageCountMax: number
  readonly resendBytesMax: number
}

export class SessionDelivery<Out> {
  readonly #bounds: ResendBounds
  #sentCount = 0
  #receivedCount = 0
  /** `#unacknowledged[#first]` is the oldest; what lies before is gone. */
  #unacknowledged: UnacknowledgedMessage<Out>[] = []
  #first = 0
  #unacknowledgedBytes = 0

  constructor(bounds: ResendBounds) {
    this.#bounds = bounds
  }

  get receivedCount(): number {
    return this.#receivedCount
  }

  get unacknowledgedCount(): number {
    return this.#unacknowledged.length - this.#first
  }

  get unacknowledgedBytes(): number {
    return this.#unacknowledgedBytes
  }

  /** The number of a message to send; undefined where the buffer has no room for it. */
  append(message: Out, sizeBytes: number): number | undefined {
    if (this.unacknowledgedCount + 1 > this.#bounds.resendMessageCountMax) return undefined
    if (this.#unacknowledgedBytes + sizeBytes > this.#bounds.resendBytesMax) return undefined
    this.#sentCount++
    this.#unacknowledged.push({ sequence: this.#sentCount, message, sizeBytes })
    this.#unacknowledgedBytes += sizeBytes
    return this.#sentCount
  }

  /** The peer has the first `count` messages. False where that cannot be. */
  acknowledge(count: number): boolean {
    const acknowledgedCount = this.#sentCount - this.unacknowledgedCount
    if (!Number.isSafeInteger(count) || count < acknowledgedCount || count > this.#sentCount) {
      return false
    }
    for (let i = acknowledgedCount; i < count; i++) {
      const oldest = this.#unacknowledged[this.#first]
      assert(oldest !== undefined, `Message ${i + 1} is missing in the resend buffer`)
      this.#unacknowledgedBytes -= oldest.sizeBytes
      this.#first++
    }
    if (this.#first * 2 > this.#unacknowledged.length) {
      this.#unacknowledged = this.#unacknowledged.slice(this.#first)
      this.#first = 0
    }
    return true
  }

  /** Everything the peer may not have, in order. */
  unacknowledged(): readonly UnacknowledgedMessage<Out>[] {
    return this.#unacknowledged.slice(this.#first)
  }

  /**
   * 'next': let it through. 'duplicate': it was let through before. 'gap': something is missing.
   */
  receive(sequence: number): 'next' | 'duplicate' | 'gap' {
    if (sequence <= this.#receivedCount) return 'duplicate'
    if (sequence !== this.#receivedCount + 1) return 'gap'
    this.#receivedCount = sequence
    return 'next'
  }
}
