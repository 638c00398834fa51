import { Frame, type FrameTarget } from './frame.ts'
import { RowDecoding } from './row-decoding.ts'
import type { RowEncoding } from './row-encoding.ts'
import { type RowReader, rowsEnded, rowsSuspended } from './row-reader.ts'
import type { RowWriter } from './row-writer.ts'

/** What came out of a channel. */
export interface ReceivedRecord {
  readonly value: unknown
  readonly key: unknown
  readonly hash: number
}

/** A control row: its tag and number. */
export type Received = ReceivedRecord | readonly [tag: number, value: number]

export interface TestGate {
  readonly channels: readonly TestChannel[]
  /** Flushes all channels and reads what they sent. */
  receive(): void
}

export interface TestChannel {
  readonly writer: RowWriter
  readonly reader: RowReader
  readonly received: Received[]
  /** Frames pushed so far, as the bytes that would cross the wire. */
  readonly sent: Uint8Array[]
}

export interface TestGateOptions {
  readonly channelCount: number
  readonly frameSize: number
  readonly keyOf?: (value: unknown) => unknown
  /** Interrupts reading after every record. */
  readonly suspends?: boolean
}

/** Channels of one edge whose frames cross a wire: only their bytes arrive. */
export function createTestGate(encoding: RowEncoding, options: TestGateOptions): TestGate {
  const suspension = { suspended: options.suspends ?? false }
  let current: Received[] = []
  const decoding = new RowDecoding({
    process: (value, key, hash) => current.push({ value, key, hash }),
    ...(options.keyOf === undefined ? {} : { keyOf: options.keyOf }),
    suspension,
  })
  const channels = Array.from({ length: options.channelCount }, (_, channel): TestChannel => {
    const sent: Uint8Array[] = []
    const target: FrameTarget = {
      channel,
      acquire: (sizeMin) => new Frame(Math.max(sizeMin, options.frameSize)),
      push: (frame) => sent.push(frame.bytes.slice(0, frame.length)),
    }
    const writer = encoding.createWriter(target)
    return { writer, reader: decoding.createReader(`channel ${channel}`), received: [], sent }
  })
  const consumed = channels.map(() => 0)
  return {
    channels,
    receive() {
      channels.forEach(({ writer, reader, received, sent }, i) => {
        writer.flush()
        current = received
        for (const bytes of sent.slice(consumed[i])) readFrame(reader, bytes, received)
        consumed[i] = sent.length
      })
    },
  }
}

/** Reads a frame whose buffer holds other bytes behind it, and is overwritten afterwards. */
export function readFrame(reader: RowReader, bytes: Uint8Array, received: Received[]): void {
  const frame = new Frame(bytes.length + 40)
  frame.bytes.fill(0xee)
  frame.bytes.set(bytes)
  frame.length = bytes.length
  reader.begin(frame)
  for (;;) {
    const tag = reader.readRows()
    if (tag === rowsEnded) break
    if (tag !== rowsSuspended) received.push([tag, reader.value])
  }
  frame.bytes.fill(0xdd)
}
