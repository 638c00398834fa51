import { type CheckpointStorage, MillraceError, type SegmentHandle } from '@millrace/core'
import {
  blockHeaderBytes,
  blockSizeBytes,
  checksumBytes,
  indexEntryBytes,
  type SegmentHeader,
  segmentFooterBytes,
} from '../snapshot/segment-format.ts'
import {
  checkBlock,
  headerEnd,
  readFooter,
  readHeader,
  readIndex,
  type SegmentBlock,
  segmentBytesMin,
} from '../snapshot/segment-parts.ts'
import { corruptSegment, SegmentWindow } from '../snapshot/segment-window.ts'

/** What is read of checkpoint storage without reading whole files. */
export type RangeSource = Pick<CheckpointStorage, 'location' | 'readRange'>

/** Most headers are shorter. */
const headerReadBytes = 4096
/** Blocks that lie side by side are read together up to so many bytes. */
const readMaxBytes = 256 * 1024

/** A segment of which header, index and single blocks are read, each verified by its CRC-32. */
export class SegmentFile {
  readonly handle: SegmentHandle
  readonly header: SegmentHeader
  readonly blocks: readonly SegmentBlock[]
  readonly #source: RangeSource

  /** Rejects with CHECKPOINT_CORRUPT where the file is missing or not what was written. */
  static async open(source: RangeSource, handle: SegmentHandle): Promise<SegmentFile> {
    const [{ header, end }, tail] = await Promise.all([
      readHeaderOf(source, handle),
      readTail(source, handle),
    ])
    const { sizeBytes } = handle
    const footer = readFooter(tail, end, sizeBytes)
    const isWithin = footer.indexStart >= tail.offset
    const index = isWithin
      ? tail
      : await readExactly(source, handle, {
          ...{ offset: footer.indexStart, length: sizeBytes - footer.indexStart },
        })
    const blocks = readIndex(index, footer, { blocksStart: end, handle })
    return new SegmentFile(source, handle, header, blocks)
  }

  private constructor(
    source: RangeSource,
    handle: SegmentHandle,
    header: SegmentHeader,
    blocks: readonly SegmentBlock[],
  ) {
    this.#source = source
    this.handle = handle
    this.header = header
    this.blocks = blocks
  }

  /**
   * Reads blocks from the one of this index on, as many as are read well at once and begin before
   * `end`, the index of the first that is not wanted; one at least.
   */
  async readBlocks(
    first: number,
    end: number,
  ): Promise<{ readonly window: SegmentWindow; readonly blocks: readonly SegmentBlock[] }> {
    const { blocks } = this
    const from = blocks[first] as SegmentBlock
    let next = first + 1
    while (next < end && (blocks[next] as SegmentBlock).end - from.start <= readMaxBytes) next++
    const wanted = blocks.slice(first, next)
    const offset = from.start - blockHeaderBytes
    const length = (wanted.at(-1) as SegmentBlock).end + checksumBytes - offset
    const window = await readExactly(this.#source, this.handle, { offset, length })
    for (const block of wanted) checkBlock(window, block)
    return { window, blocks: wanted }
  }
}

/** The header alone. Rejects as `SegmentFile.open` does. */
export async function readSegmentHeader(
  source: RangeSource,
  handle: SegmentHandle,
): Promise<SegmentHeader> {
  return (await readHeaderOf(source, handle)).header
}

async function readHeaderOf(
  source: RangeSource,
  handle: SegmentHandle,
): Promise<{ readonly header: SegmentHeader; readonly end: number }> {
  const { sizeBytes } = handle
  const least = Math.max(segmentBytesMin, Math.min(headerReadBytes, sizeBytes))
  const first = await readExactly(source, handle, { offset: 0, length: least })
  const end = headerEnd(first, sizeBytes)
  const isWhole = end <= first.end
  const window = isWhole ? first : await readExactly(source, handle, { offset: 0, length: end })
  return { header: readHeader(window, end, handle), end }
}

/** The footer and, if it is as long as the index of such a segment commonly is, the index. */
async function readTail(source: RangeSource, handle: SegmentHandle): Promise<SegmentWindow> {
  const { sizeBytes } = handle
  const indexBytes = indexEntryBytes * (Math.ceil(sizeBytes / blockSizeBytes) + 1)
  const length = Math.min(sizeBytes, segmentFooterBytes + indexBytes)
  const offset = sizeBytes - length
  // One byte more than there may be: a file that is too long is noticed.
  const bytes = await read(source, handle, { offset, length: length + 1 })
  const window = new SegmentWindow(fileOf(source, handle), bytes, offset)
  const what = bytes.length > length ? 'more' : `${offset + bytes.length}`
  window.require(
    bytes.length === length,
    0,
    () => `it has ${what} bytes, ${sizeBytes} were written`,
  )
  return window
}

interface Range {
  readonly offset: number
  readonly length: number
}

async function readExactly(
  source: RangeSource,
  handle: SegmentHandle,
  { offset, length }: Range,
): Promise<SegmentWindow> {
  const bytes = await read(source, handle, { offset, length })
  const window = new SegmentWindow(fileOf(source, handle), bytes, offset)
  const found = offset + bytes.length
  window.require(
    bytes.length === length,
    offset,
    () => `it has ${found} bytes, ${handle.sizeBytes} were written`,
  )
  return window
}

async function read(
  source: RangeSource,
  handle: SegmentHandle,
  { offset, length }: Range,
): Promise<Uint8Array> {
  try {
    return await source.readRange(handle.name, offset, length)
  } catch (error) {
    const isMissing = error instanceof MillraceError && error.code === 'FILE_NOT_FOUND'
    if (!isMissing) throw error
    throw corruptSegment(fileOf(source, handle), 0, 'it is not there', error)
  }
}

function fileOf({ location }: RangeSource, { name }: SegmentHandle): string {
  return `${location}/${name}`
}
