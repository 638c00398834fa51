import { assert, Frame } from '@millrace/core'

/**
 * Frames of one size, used again. What is out is bounded by the queues that hold frames (credits,
 * two per output, the overdraft); the pool bounds what lies idle.
 */
export class FramePool {
  readonly frameSizeBytes: number
  readonly #idleCountMax: number
  readonly #idle: Frame[] = []
  #outCount = 0

  constructor(frameSizeBytes: number, idleCountMax: number) {
    this.frameSizeBytes = frameSizeBytes
    this.#idleCountMax = idleCountMax
  }

  /** Frames handed out and not released: zero once everything is closed. */
  get outCount(): number {
    return this.#outCount
  }

  get idleCount(): number {
    return this.#idle.length
  }

  /** A frame of the pool's size, or a larger one made for this record alone. */
  acquire(sizeMinBytes: number): Frame {
    this.#outCount++
    if (sizeMinBytes > this.frameSizeBytes) return new Frame(sizeMinBytes)
    return this.#idle.pop() ?? new Frame(this.frameSizeBytes)
  }

  release(frame: Frame): void {
    this.#outCount--
    assert(this.#outCount >= 0, 'A frame was released twice')
    frame.length = 0
    if (frame.size === this.frameSizeBytes && this.#idle.length < this.#idleCountMax) {
      this.#idle.push(frame)
    }
  }
}
