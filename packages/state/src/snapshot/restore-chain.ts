import {
  type CheckpointStorage,
  type Clock,
  MillraceError,
  type SegmentHandle,
} from '@millrace/core'
import type { SegmentChain } from './segment-chain.ts'
import type { StoredState } from './segment-format.ts'
import { corruptSegment, SegmentReader } from './segment-reader.ts'
import type { SegmentRecord } from './segment-record.ts'
import { runSliced } from './slice.ts'

/** What a backend does with the records of one state. */
export type RestoreRecord = (record: SegmentRecord) => void

/**
 * Reads a chain: verifies all of its segments, and then hands each record that still counts to what
 * `stateOf` gives for its state. In slices between which the event loop goes on.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT where a file is missing or not what was written.
 */
export async function restoreChain(
  chain: SegmentChain,
  storage: CheckpointStorage,
  clock: Pick<Clock, 'monotonicMs' | 'setImmediate'>,
  stateOf: (stored: StoredState) => RestoreRecord,
): Promise<void> {
  const readers: SegmentReader[] = []
  for (const handle of chain.segments) {
    const bytes = await readSegment(handle, storage)
    readers.push(await runSliced(SegmentReader.verify(bytes, handle, storage.location), clock))
  }
  const firstSegments = chain.firstSegments()
  for (const [index, { name }] of chain.segments.entries()) {
    // What has been read is not kept longer than it must be.
    const reader = readers.shift()
    if (reader === undefined) break
    const states = new Map<number, RestoreRecord>()
    for (const stored of reader.header.states) states.set(stored.id, stateOf(stored))
    let offset = 0
    const apply = (record: SegmentRecord): void => {
      if ((firstSegments[record.keyGroup] as number) > index) return
      offset = record.keyStart
      states.get(record.stateId)?.(record)
    }
    try {
      await runSliced(reader.read(chain.keyGroups, apply), clock)
    } catch (error) {
      const file = `${storage.location}/${name}`
      throw corruptSegment(file, offset, 'a record has no meaning', error)
    }
  }
}

async function readSegment(
  { name }: SegmentHandle,
  storage: CheckpointStorage,
): Promise<Uint8Array> {
  try {
    return await storage.read(name)
  } catch (error) {
    const isMissing = error instanceof MillraceError && error.code === 'FILE_NOT_FOUND'
    if (!isMissing) throw error
    throw corruptSegment(`${storage.location}/${name}`, 0, 'it is not there', error)
  }
}
