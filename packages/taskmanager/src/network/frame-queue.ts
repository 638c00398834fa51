import type { Frame } from '@millrace/core'

/** Frames in order, first in, first out. */
export class FrameQueue {
  #frames: (Frame | undefined)[] = []
  #head = 0
  bytes = 0

  get length(): number {
    return this.#frames.length - this.#head
  }

  push(frame: Frame): void {
    this.#frames.push(frame)
    this.bytes += frame.size
  }

  /** The first of them, in order; they stay. */
  first(count: number): readonly Frame[] {
    return this.#frames.slice(this.#head, this.#head + count) as readonly Frame[]
  }

  shift(): Frame | undefined {
    const frame = this.#frames[this.#head]
    if (frame === undefined) return undefined
    this.#frames[this.#head++] = undefined
    this.bytes -= frame.size
    if (this.#head === this.#frames.length) {
      this.#frames.length = 0
      this.#head = 0
    } else if (this.#head === 64) {
      this.#frames.splice(0, this.#head)
      this.#head = 0
    }
    return frame
  }
}
