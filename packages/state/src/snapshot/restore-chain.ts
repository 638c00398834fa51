import type { Clock, SegmentHandle } from '@millrace/core'
import { releaseBuffer } from './release-buffer.ts'
import type { RestoreSource } from './restore-source.ts'
import type { RestoredNames } from './restored-names.ts'
import type { SegmentChain } from './segment-chain.ts'
import type { StoredState } from './segment-format.ts'
import { SegmentReadAhead } from './segment-read-ahead.ts'
import { SegmentReader } from './segment-reader.ts'
import type { SegmentRecord } from './segment-record.ts'
import { corruptSegment } from './segment-window.ts'
import { runSliced, type Sliced } from './slice.ts'

/** What a backend does with the records of one state. */
export type RestoreRecord = (record: SegmentRecord) => void

const passOver: RestoreRecord = () => {}

/**
 * Reads a chain and hands each record that still counts to what `stateOf` gives for its state. In
 * slices between which the event loop goes on. A segment is verified whole before any of its
 * records is handed over, the segments one after the other: a restore that fails has applied those
 * before, and what it applied them to is thrown away.
 *
 * `stateOf` is told about how many entries the state will have, or 0, and its name of now.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT where a file is missing or not what was written.
 */
export async function restoreChain(
  chain: SegmentChain,
  source: RestoreSource,
  clock: Pick<Clock, 'monotonicMs' | 'setImmediate'>,
  names: RestoredNames,
  stateOf: (stored: StoredState, entryCount: number) => RestoreRecord,
): Promise<void> {
  const checkWanted = (): void => source.checkWanted?.()
  const reads = new SegmentReadAhead(chain.segments, source)
  const firstSegments = chain.firstSegments()
  const recordCount = recordCountOf(chain)
  const known = new Set<string>()
  for (const [index, handle] of chain.segments.entries()) {
    const bytes = await reads.next()
    const verification = SegmentReader.verify(bytes, handle, source.location)
    const reader = await runSliced(verification, clock, checkWanted)
    const states = new Map<number, RestoreRecord>()
    for (const stored of reader.header.states) {
      const share = known.has(stored.name) ? 0 : reader.putCount(stored.id) / handle.recordCount
      known.add(stored.name)
      const name = names.nameOf(stored.name)
      const entryCount = Math.ceil(recordCount * (share || 0))
      const restore = name === undefined ? passOver : stateOf({ ...stored, name }, entryCount)
      states.set(stored.id, restore)
    }
    let offset = 0
    const apply = (record: SegmentRecord): void => {
      if ((firstSegments[record.keyGroup] as number) > index) return
      offset = record.keyStart
      states.get(record.stateId)?.(record)
    }
    const path = `${source.location}/${handle.name}`
    const application = applyAll(reader.read(chain.keyGroups, apply), (cause) =>
      corruptSegment(path, offset, 'a record has no meaning', cause),
    )
    await runSliced(application, clock, checkWanted)
    // A short one may lie in a buffer that others are in too.
    if (bytes.length === bytes.buffer.byteLength) releaseBuffer(bytes.buffer)
  }
}

function* applyAll(records: Sliced<void>, failure: (cause: unknown) => Error): Sliced<void> {
  try {
    yield* records
  } catch (error) {
    throw failure(error)
  }
}

/** About how many entries there are: what a segment of all of them says, else what all say. */
function recordCountOf({ segments, keyGroups }: SegmentChain): number {
  const isWhole = ({ replaces }: SegmentHandle): boolean =>
    replaces.start <= keyGroups.start && replaces.end >= keyGroups.end
  const base = segments.findLast(isWhole)
  return base?.recordCount ?? segments.reduce((sum, segment) => sum + segment.recordCount, 0)
}
