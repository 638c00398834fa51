import type { KeyedStateHandle, KeyGroupRange } from '@millrace/core'
import { SegmentChain } from '../snapshot/segment-chain.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import { inParallel } from '../storage/in-parallel.ts'
import { KeyGroupContent } from './key-group-content.ts'
import { SegmentCursor } from './segment-cursor.ts'
import { type RangeSource, SegmentFile } from './segment-file.ts'

/** A store may be far away. */
const openedAtOnceMax = 8

export interface MergeOptions {
  /** Only these key groups are read. */
  readonly keyGroups: KeyGroupRange
  /** What a state is called that was saved under this name; undefined: it is not read. */
  readonly nameOf: (saved: string) => string | undefined
}

/**
 * The state of a subtask as its chain of segments gives it, one key group after the other: what is
 * in memory are the key group at hand and a few blocks of each segment. Key groups without anything
 * are left out. Each block is verified before anything of it is used.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT with the file and the offset.
 */
export async function* mergedKeyGroups(
  source: RangeSource,
  handle: KeyedStateHandle,
  { keyGroups, nameOf }: MergeOptions,
): AsyncGenerator<KeyGroupContent, void, undefined> {
  const range = {
    start: Math.max(keyGroups.start, handle.keyGroups.start),
    end: Math.min(keyGroups.end, handle.keyGroups.end),
  }
  if (range.start >= range.end) return
  const chain = new SegmentChain(range, [handle])
  const firstSegments = chain.firstSegments()
  const files = await inParallel(chain.segments, openedAtOnceMax, (segment) =>
    SegmentFile.open(source, segment),
  )
  const cursors = files.map((file, index) => {
    const counts = (keyGroup: number): boolean => (firstSegments[keyGroup] as number) <= index
    return new SegmentCursor(file, range, counts)
  })
  const states = files.map(({ header }) => {
    const named = header.states.flatMap((stored) => {
      const name = nameOf(stored.name)
      return name === undefined ? [] : [[stored.id, { ...stored, name }] as const]
    })
    return new Map<number, StoredState>(named)
  })
  for (;;) {
    const keyGroup = Math.min(...cursors.map((cursor) => cursor.keyGroup))
    if (keyGroup >= range.end) return
    const content = new KeyGroupContent(keyGroup)
    for (const [index, cursor] of cursors.entries()) {
      if (cursor.keyGroup > keyGroup) continue
      const known = states[index] as ReadonlyMap<number, StoredState>
      await cursor.read(keyGroup, (record, window) => {
        const stored = known.get(record.stateId)
        if (stored !== undefined) content.apply(stored, record, window)
      })
    }
    if (content.states.size > 0) yield content
  }
}
