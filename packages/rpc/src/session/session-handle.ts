import type { Session, SessionId } from '@millrace/core'

/** A session as its user holds it. After its own `close` nothing is sent or delivered any more. */
export class SessionHandle<Out> implements Session<Out> {
  readonly sessionId: SessionId
  readonly #onSend: (message: Out) => void
  readonly #onClose: (reason: string) => void
  #isOpen = true

  constructor(
    sessionId: SessionId,
    onSend: (message: Out) => void,
    onClose: (reason: string) => void,
  ) {
    this.sessionId = sessionId
    this.#onSend = onSend
    this.#onClose = onClose
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  send(message: Out): void {
    if (this.#isOpen) this.#onSend(message)
  }

  close(reason: string): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose(reason)
  }

  /** The session closed by itself or by the peer. */
  ended(): void {
    this.#isOpen = false
  }
}
