// A frame is what leaves a slot at once: a header and rows of one channel. All numbers little-
// endian.
//   u32 total length in bytes | u32 channel | u32 records | u32 sequence number | rows …
// A row begins with its tag:
//   0 GENERIC  u32 length | generic encoding of the record
//   1 SHAPE    u8 shape tag | u32 length | UTF-8 JSON of the shape's descriptor and key mode
//   2 WATERMARK        f64 timestamp
//   3 BARRIER          f64 checkpoint id | u8 what it is taken for, by `barrierPurposes`
//   4 END_OF_DATA
//   5 WATERMARK_STATUS u8 (1 idle, 0 active)
//   16 + n     a record of the n-th shape of this channel, as its generated code lays it out

import type { CheckpointPurpose } from '../checkpoint/checkpoint-message.ts'

export const frameHeaderBytes = 16
export const frameSizeDefaultBytes = 32_768

export const rowTag = {
  generic: 0,
  shape: 1,
  watermark: 2,
  barrier: 3,
  endOfData: 4,
  watermarkStatus: 5,
  firstShape: 16,
} as const

/** By their number in a BARRIER row. */
export const barrierPurposes: readonly CheckpointPurpose[] = ['checkpoint', 'savepoint', 'stop']

/** Shapes of one channel at most; what fits none of them travels in the generic encoding. */
export const shapeCountMax = 16

/** A buffer with its view. `length` is set when the frame is complete. */
export class Frame {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly size: number
  length = 0

  constructor(size: number) {
    const buffer = new ArrayBuffer(size)
    this.bytes = new Uint8Array(buffer)
    this.view = new DataView(buffer)
    this.size = size
  }
}

/** Where a row writer gets frames and leaves full ones: one per channel. */
export interface FrameTarget {
  readonly channel: number
  /** An empty frame of at least `sizeMin` bytes; overdraws rather than fail. */
  acquire(sizeMin: number): Frame
  /** Takes a complete frame (header written, `length` set). */
  push(frame: Frame): void
}
