// Credit: a receiver's leave to send. One credit is one frame of one channel.
//
// Invariants
//  - A sender never has sent more frames than it was ever granted.
//  - granted = sent + available at the sender, once all messages have arrived.
//  - outstanding = granted − arrived at the receiver: what may still come; never negative, and with
//    the frames that wait to be read and those owed it is always the size of the window.

import { assert, MillraceError } from '@millrace/core'

/** The sender's end: how many frames may leave. */
export class SenderCredit {
  #available = 0
  #sent = 0

  get available(): number {
    return this.#available
  }

  get sent(): number {
    return this.#sent
  }

  grant(frames: number): void {
    assert(Number.isInteger(frames) && frames > 0, `A grant of ${frames} frames`)
    this.#available += frames
  }

  /** Uses one credit; false where there is none. */
  take(): boolean {
    if (this.#available === 0) return false
    this.#available--
    this.#sent++
    return true
  }
}

/** The receiver's end: a window of frames, given back in batches as frames are read. */
export class ReceiverCredit {
  readonly window: number
  readonly #batch: number
  #outstanding: number
  #owed = 0

  /** The whole window is granted with the request that opens the channel. */
  constructor(window: number) {
    assert(Number.isInteger(window) && window > 0, `A window of ${window} frames`)
    this.window = window
    this.#batch = Math.max(1, window >> 1)
    this.#outstanding = window
  }

  /** Frames that may still come before anything is given back. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** Frames that were read and not given back yet. */
  get owed(): number {
    return this.#owed
  }

  /** A frame has come. */
  arrive(): void {
    if (this.#outstanding === 0) {
      throw new MillraceError(
        'FRAME_CORRUPT',
        `A sender sent a frame without credit; its window is ${this.window} frames. Both ends ` +
          `must run the same version of Millrace.`,
        { disposition: 'retry' },
      )
    }
    this.#outstanding--
  }

  /** A frame was read and its buffer is free. True where it is time to give credit back. */
  release(): boolean {
    this.#owed++
    assert(
      this.#owed + this.#outstanding <= this.window,
      `${this.#owed} frames owed and ${this.#outstanding} outstanding of ${this.window}`,
    )
    return this.#owed >= this.#batch
  }

  /** How many frames to give back now; they count as outstanding from here on. */
  settle(): number {
    const frames = this.#owed
    this.#outstanding += frames
    this.#owed = 0
    return frames
  }
}
