import type {
  CheckpointStorage,
  KeyedStateHandle,
  KeyGroupRange,
  SegmentHandle,
} from '@millrace/core'
import { RecordBuffer } from '../snapshot/record-buffer.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import { writeSegments } from '../snapshot/segment-writer.ts'

/** What is written together is about so long, unless one key group is longer. */
const segmentBytes = 16 * 1024 * 1024

export interface SegmentTarget {
  readonly storage: Pick<CheckpointStorage, 'write'>
  /** In it nobody else writes. */
  readonly folder: string
  readonly checkpointId: number
}

/**
 * Writes the keyed state of one subtask as segments, each of which is the whole state of its key
 * groups. Records come by ascending key groups; `endKeyGroup` after those of each, then `finish`.
 */
export class SegmentOutput {
  /** Where records go. */
  records: RecordBuffer
  readonly #target: SegmentTarget
  readonly #keyGroups: KeyGroupRange
  readonly #states: readonly StoredState[]
  readonly #segments: SegmentHandle[] = []
  /** Of the key groups that no segment has yet. */
  #start: number

  constructor(target: SegmentTarget, keyGroups: KeyGroupRange, states: readonly StoredState[]) {
    this.#target = target
    this.#keyGroups = keyGroups
    this.#states = states
    this.#start = keyGroups.start
    this.records = new RecordBuffer(keyGroups)
  }

  /** There are no more records of this key group, or of an earlier one. */
  async endKeyGroup(keyGroup: number): Promise<void> {
    if (this.records.sizeBytes >= segmentBytes) await this.#write(keyGroup + 1)
  }

  /** One segment at least tells which states there are. */
  async finish(): Promise<KeyedStateHandle> {
    if (this.#start < this.#keyGroups.end) await this.#write(this.#keyGroups.end)
    return { keyGroups: this.#keyGroups, segments: this.#segments }
  }

  async #write(end: number): Promise<void> {
    const { storage, folder, checkpointId } = this.#target
    const replaces = { start: this.#start, end }
    const header = { checkpointId, replaces, states: this.#states }
    const options = { keyGroups: replaces, sizeMaxBytes: Number.POSITIVE_INFINITY }
    const work = writeSegments(header, this.records, options)
    let step = work.next()
    while (step.done !== true) step = work.next()
    for (const { bytes, hash, replaces, recordCount } of step.value) {
      const name = `${folder}/${checkpointId}-${hash}`
      await storage.write(name, bytes)
      const sizeBytes = bytes.length
      this.#segments.push({ name, sizeBytes, checkpointId, replaces, recordCount })
    }
    this.#start = end
    this.records.release()
    this.records = new RecordBuffer({ start: end, end: Math.max(end + 1, this.#keyGroups.end) })
  }
}
