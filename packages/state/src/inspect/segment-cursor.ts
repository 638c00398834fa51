import type { KeyGroupRange } from '@millrace/core'
import {
  checkRecords,
  type RecordCheck,
  recordCheckOf,
  type SegmentBlock,
} from '../snapshot/segment-parts.ts'
import { SegmentRecord } from '../snapshot/segment-record.ts'
import type { SegmentWindow } from '../snapshot/segment-window.ts'
import type { SegmentFile } from './segment-file.ts'

/** Some blocks of the segment, and a record in one of them. */
interface Loaded {
  readonly window: SegmentWindow
  readonly record: SegmentRecord
  readonly blocks: readonly SegmentBlock[]
  /** Of the record's block. */
  block: number
  /** Where the next record begins, in the window. */
  next: number
}

/**
 * Goes through the records of a segment by ascending key groups. In memory it has a few blocks, and
 * none before the first of their key groups is asked for.
 */
export class SegmentCursor {
  readonly file: SegmentFile
  readonly #keyGroups: KeyGroupRange
  readonly #isWanted: (keyGroup: number) => boolean
  readonly #check: RecordCheck
  /** Indexes of the blocks that are still to be read. */
  readonly #blocks: number[]
  #loaded: Loaded | undefined
  /** What comes after the loaded ones: a store may be far away. */
  #ahead: ReturnType<SegmentFile['readBlocks']> | undefined

  /** `isWanted`: what the segment says of other key groups is void. */
  constructor(
    file: SegmentFile,
    keyGroups: KeyGroupRange,
    isWanted: (keyGroup: number) => boolean,
  ) {
    this.file = file
    this.#keyGroups = keyGroups
    this.#isWanted = isWanted
    this.#check = recordCheckOf(file.header)
    this.#blocks = [...file.blocks.keys()].filter((index) => this.#mayHave(index)).reverse()
  }

  /** There is nothing of an earlier key group, and perhaps something of this one; or Infinity. */
  get keyGroup(): number {
    const { start, end } = this.#keyGroups
    if (this.#loaded !== undefined) {
      const { keyGroup } = this.#loaded.record
      return keyGroup < end ? keyGroup : Number.POSITIVE_INFINITY
    }
    const block = this.file.blocks[this.#blocks.at(-1) ?? -1]
    return block === undefined ? Number.POSITIVE_INFINITY : Math.max(start, block.firstKeyGroup)
  }

  /**
   * Calls `apply` for the records of a key group, with one and the same object. Key groups are
   * asked for in ascending order.
   */
  async read(
    keyGroup: number,
    apply: (record: SegmentRecord, window: SegmentWindow) => void,
  ): Promise<void> {
    const isWanted = this.#isWanted(keyGroup)
    while (this.keyGroup <= keyGroup) {
      this.#loaded ??= await this.#load()
      const { record, window } = this.#loaded
      if (isWanted && record.keyGroup === keyGroup) apply(record, window)
      this.#move(this.#loaded)
    }
  }

  #mayHave(index: number): boolean {
    const block = this.file.blocks[index] as SegmentBlock
    const end = Math.min(block.lastKeyGroup + 1, this.#keyGroups.end)
    for (let each = Math.max(block.firstKeyGroup, this.#keyGroups.start); each < end; each++) {
      if (this.#isWanted(each)) return true
    }
    return false
  }

  async #load(): Promise<Loaded> {
    const { window, blocks } = await (this.#ahead ?? this.#readNext())
    this.#blocks.length -= blocks.length
    this.#ahead = this.#blocks.length > 0 ? this.#readNext() : undefined
    // It is reported when its turn comes, which may never be.
    this.#ahead?.catch(() => {})
    const record = new SegmentRecord(window.bytes)
    for (const block of blocks) checkRecords(window, block, record, this.#check)
    const loaded = { window, record, blocks, block: 0, next: 0 }
    this.#enter(loaded, 0)
    return loaded
  }

  #readNext(): ReturnType<SegmentFile['readBlocks']> {
    const first = this.#blocks.at(-1) as number
    let end = first
    while (this.#blocks.at(first - end - 1) === end) end++
    return this.file.readBlocks(first, end)
  }

  #move(loaded: Loaded): void {
    const { blocks, record, window } = loaded
    const end = (blocks[loaded.block] as SegmentBlock).end - window.offset
    if (loaded.next < end) loaded.next = record.moveTo(loaded.next, end)
    else if (loaded.block + 1 < blocks.length) this.#enter(loaded, loaded.block + 1)
    else this.#loaded = undefined
  }

  #enter(loaded: Loaded, index: number): void {
    const { start, end } = loaded.blocks[index] as SegmentBlock
    const { offset } = loaded.window
    loaded.block = index
    loaded.next = loaded.record.moveTo(start - offset, end - offset)
  }
}
