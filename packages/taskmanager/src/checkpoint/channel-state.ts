import { MillraceError } from '@millrace/core'
import {
  ChannelRecording,
  type ChannelStateCollector,
  type RecordedPlace,
} from '../network/channel-recording.ts'

/** More than this of one task's records is not held for a checkpoint. */
const heldBytesMax = 256 * 1024 * 1024

/**
 * The records that were on their way to and from a task when it was saved for an unaligned
 * checkpoint: recorded while the task goes on, until the barriers of all its inputs have come and
 * its own have left.
 */
export class ChannelState implements ChannelStateCollector {
  readonly checkpointId: number
  /** There is something to encode, or it is whole. */
  onWork: () => void = () => {}
  /** When the last barrier came; undefined: before it was performed. */
  collectedAtMs: number | undefined
  #recordings: ChannelRecording[] = []
  /** The task's own barriers have left. */
  haveLeft = false
  #areCollected = false
  #isDropped = false

  constructor(checkpointId: number) {
    this.checkpointId = checkpointId
  }

  /** Whole ones that hold records. */
  get recordings(): readonly ChannelRecording[] {
    return this.#recordings.filter(({ recordCount }) => recordCount > 0)
  }

  /** Nothing more comes, and everything is encoded; or nobody wants it. */
  get isWhole(): boolean {
    if (this.#isDropped) return true
    return this.#areCollected && this.haveLeft && this.#recordings.every(({ isWhole }) => isWhole)
  }

  record(place: RecordedPlace): ChannelRecording {
    const recording = new ChannelRecording(this.checkpointId, place, () => this.onWork())
    this.#recordings.push(recording)
    return recording
  }

  /** The barriers of all inputs have come: when, by the clock that never goes back. */
  onCollected(collectedAtMs: number | undefined): void {
    this.#areCollected = true
    this.collectedAtMs = collectedAtMs
    this.onWork()
  }

  onLeft(): void {
    this.haveLeft = true
    this.onWork()
  }

  /** The checkpoint is over. */
  drop(): void {
    this.#isDropped = true
    for (const recording of this.#recordings) recording.drop()
    this.#recordings = []
    this.onWork()
  }

  /**
   * Encodes what there is until `isOver`. True where nothing is left for now. Throws where there is
   * too much, and where a record cannot be encoded.
   */
  encode(isOver: () => boolean): boolean {
    const heldBytes = this.#recordings.reduce((sum, recording) => sum + recording.heldBytes, 0)
    if (heldBytes > heldBytesMax) throw this.#tooLarge()
    for (const recording of this.#recordings) {
      while (recording.encodeNext()) if (isOver()) return false
    }
    return true
  }

  #tooLarge(): MillraceError {
    return new MillraceError(
      'CHECKPOINT_DECLINED',
      `More than ${heldBytesMax} bytes of records were on their way before the barriers of ` +
        `checkpoint ${this.checkpointId} came. See which producer is late.`,
      { disposition: 'retry' },
    )
  }
}
