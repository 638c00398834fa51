import type { ExecutionAttemptId, Frame, FrameTarget } from '@millrace/core'
import { SenderCredit } from './credit.ts'
import type { FramePool } from './frame-pool.ts'
import { FrameQueue } from './frame-queue.ts'

/** Frames that may wait for credit before the output counts as unavailable. */
export const queuedFramesMax = 2

/** The sender's end of the connection a subpartition was requested over. */
export interface FrameSender {
  send(frame: Frame, onWritten: () => void): void
  /** At once, whatever credit there is. */
  sendBarrier(channel: number, checkpointId: number): void
  /** The channel is over; nothing more is said of it. */
  forget(channel: number): void
}

/** What a subpartition tells the partition it belongs to. */
export interface SubpartitionOwner {
  /** Bytes that wait for credit have become more. Throws OVERDRAFT_EXCEEDED beyond the bound. */
  onQueued(bytes: number): void
  /** They have become fewer: sent, or dropped. */
  onDequeued(bytes: number): void
  onAvailable(): void
  onUnavailable(): void
  /** The consumer has read all, to the end of data. */
  onConsumed(): void
  /** The frame with the barrier that was noted has been sent. */
  onBarrierLeft(): void
}

export interface SubpartitionConsumer {
  readonly channel: number
  readonly consumerSubtask: number
  readonly consumerAttemptId: ExecutionAttemptId
}

/** Records for a consumer in another slot: frames that leave against credits. */
export class RemoteSubpartition implements FrameTarget {
  readonly channel: number
  readonly consumer: SubpartitionConsumer
  readonly #sender: FrameSender
  readonly #pool: FramePool
  readonly #owner: SubpartitionOwner
  readonly #queue = new FrameQueue()
  readonly #credit = new SenderCredit()
  /** The frame that is being filled. */
  #current: Frame | undefined
  /** 'vanished': the consumer went away before the end; only a cancellation follows. */
  #state: 'open' | 'ended' | 'consumed' | 'vanished' | 'released' = 'open'
  #isAvailable = true
  #bytesSent = 0
  /** Of the barrier noted last: its checkpoint, and the frames up to it that wait; 0: none do. */
  #barrierId = 0
  #framesToBarrier = 0

  constructor(
    consumer: SubpartitionConsumer,
    sender: FrameSender,
    pool: FramePool,
    owner: SubpartitionOwner,
  ) {
    this.channel = consumer.channel
    this.consumer = consumer
    this.#sender = sender
    this.#pool = pool
    this.#owner = owner
  }

  get isConsumed(): boolean {
    return this.#state === 'consumed'
  }

  /** A frame pushed now would leave at once. */
  get canSend(): boolean {
    return this.#queue.length === 0 && this.#credit.available > 0
  }

  get bytesSent(): number {
    return this.#bytesSent
  }

  acquire(sizeMinBytes: number): Frame {
    this.#current = this.#pool.acquire(sizeMinBytes)
    return this.#current
  }

  push(frame: Frame): void {
    if (this.#current === frame) this.#current = undefined
    if (this.#state !== 'open') {
      this.#pool.release(frame)
      return
    }
    this.#queue.push(frame)
    this.#owner.onQueued(frame.size)
    this.#pump()
    if (this.#queue.length >= queuedFramesMax) this.#setAvailable(false)
  }

  /** Everything was pushed; waits for the consumer to say that it has read it. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
  }

  /** What was pushed last ends in the barrier of this checkpoint, or stands for it. */
  noteBarrier(checkpointId: number): void {
    this.#barrierId = checkpointId
    this.#framesToBarrier = this.#queue.length
  }

  /** The barrier that was noted still waits for credit. */
  holdsBarrier(checkpointId: number): boolean {
    return this.#barrierId === checkpointId && this.#framesToBarrier > 0
  }

  /**
   * Sends the barrier before all frames that wait, or those up to the barrier where it `isWritten`
   * and has not left. Returns them; they are sent as before.
   */
  overtake(checkpointId: number, isWritten: boolean): readonly Frame[] {
    if (this.#state !== 'open' && this.#state !== 'ended') return []
    if (isWritten && !this.holdsBarrier(checkpointId)) return []
    const frames = this.#queue.first(isWritten ? this.#framesToBarrier : this.#queue.length)
    this.#framesToBarrier = 0
    this.#sender.sendBarrier(this.channel, checkpointId)
    return frames
  }

  onCredit(frames: number): void {
    if (this.#state !== 'open' && this.#state !== 'ended') return
    this.#credit.grant(frames)
    this.#pump()
    if (this.#queue.length < queuedFramesMax) this.#setAvailable(true)
  }

  /** The consumer closed the channel, or its connection is gone. */
  onClosed(): void {
    if (this.#state !== 'open' && this.#state !== 'ended') return
    const isConsumed = this.#state === 'ended' && this.#queue.length === 0
    this.#state = isConsumed ? 'consumed' : 'vanished'
    this.#sender.forget(this.channel)
    this.#dropQueue()
    if (isConsumed) this.#owner.onConsumed()
    else this.#setAvailable(false)
  }

  /** The task is over, and nobody writes any more: what was not sent is dropped. */
  release(): void {
    if (this.#state === 'released') return
    if (this.#state === 'open' || this.#state === 'ended') this.#sender.forget(this.channel)
    this.#state = 'released'
    this.#dropQueue()
    if (this.#current !== undefined) this.#pool.release(this.#current)
    this.#current = undefined
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#credit.take()) {
      const frame = this.#queue.shift() as Frame
      this.#owner.onDequeued(frame.size)
      this.#bytesSent += frame.length
      this.#sender.send(frame, () => this.#pool.release(frame))
      if (this.#framesToBarrier > 0 && --this.#framesToBarrier === 0) this.#owner.onBarrierLeft()
    }
  }

  #setAvailable(isAvailable: boolean): void {
    if (this.#isAvailable === isAvailable) return
    this.#isAvailable = isAvailable
    if (isAvailable) this.#owner.onAvailable()
    else this.#owner.onUnavailable()
  }

  #dropQueue(): void {
    for (let frame = this.#queue.shift(); frame !== undefined; frame = this.#queue.shift()) {
      this.#owner.onDequeued(frame.size)
      this.#pool.release(frame)
    }
  }
}
