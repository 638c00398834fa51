import { type Frame, frameHeaderBytes, MillraceError } from '@millrace/core'
import type { FramePool } from '../frame-pool.ts'
import { answerChannel, answerKind, barrierBytes } from './data-protocol.ts'

export interface FrameHandler {
  /** A whole frame; it belongs to the handler. */
  onFrame(frame: Frame, channel: number): void
  onAnswer(kind: number, channel: number): void
  /** It overtook the frames of the channel that were not sent yet. */
  onBarrier(channel: number, checkpointId: number): void
}

/** Makes frames of a listener's bytes, however they arrive. Throws FRAME_CORRUPT. */
export class FrameAssembler {
  readonly #pool: FramePool
  readonly #frameBytesMax: number
  readonly #handler: FrameHandler
  #frame: Frame | undefined
  #have = 0
  #need = frameHeaderBytes

  constructor(pool: FramePool, frameBytesMax: number, handler: FrameHandler) {
    this.#pool = pool
    this.#frameBytesMax = frameBytesMax
    this.#handler = handler
  }

  /** `bytes` are not kept beyond the call. */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      this.#frame ??= this.#pool.acquire(0)
      const take = Math.min(bytes.length - at, this.#need - this.#have)
      const isWhole = at === 0 && take === bytes.length
      this.#frame.bytes.set(isWhole ? bytes : bytes.subarray(at, at + take), this.#have)
      this.#have += take
      at += take
      if (this.#have === frameHeaderBytes && this.#need === frameHeaderBytes) this.#readLength()
      if (this.#have === this.#need) this.#complete()
    }
  }

  /** Gives back what was begun. */
  close(): void {
    if (this.#frame !== undefined) this.#pool.release(this.#frame)
    this.#frame = undefined
    this.#have = 0
    this.#need = frameHeaderBytes
  }

  #readLength(): void {
    const frame = this.#frame as Frame
    const length = frame.view.getUint32(0, true)
    if (length < frameHeaderBytes || length > this.#frameBytesMax) {
      throw new MillraceError(
        'FRAME_CORRUPT',
        `A frame claims to be ${length} bytes long; the limits are ${frameHeaderBytes} and` +
          ` ${this.#frameBytesMax}. Set taskmanager.network.* alike on all TaskManagers.`,
        { disposition: 'retry', blame: 'external' },
      )
    }
    this.#need = length
    if (length <= frame.size) return
    this.#frame = this.#pool.acquire(length)
    this.#frame.bytes.set(frame.bytes.subarray(0, frameHeaderBytes))
    this.#pool.release(frame)
  }

  #complete(): void {
    const frame = this.#frame as Frame
    this.#have = 0
    this.#need = frameHeaderBytes
    const channel = frame.view.getUint32(4, true)
    if (channel === answerChannel) {
      this.#answer(frame)
      return
    }
    frame.length = frame.view.getUint32(0, true)
    this.#frame = undefined
    this.#handler.onFrame(frame, channel)
  }

  #answer({ view }: Frame): void {
    const kind = view.getUint32(8, true)
    const channel = view.getUint32(12, true)
    if (kind !== answerKind.barrier) {
      this.#handler.onAnswer(kind, channel)
      return
    }
    const length = view.getUint32(0, true)
    if (length !== barrierBytes) {
      throw new MillraceError(
        'FRAME_CORRUPT',
        `A barrier of channel ${channel} has ${length} bytes instead of ${barrierBytes}. Run one` +
          ' version of Millrace on all TaskManagers.',
        { disposition: 'retry', blame: 'external' },
      )
    }
    this.#handler.onBarrier(channel, view.getFloat64(frameHeaderBytes, true))
  }
}
