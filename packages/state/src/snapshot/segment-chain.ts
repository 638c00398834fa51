import type { KeyedStateHandle, KeyGroupRange, SegmentHandle } from '@millrace/core'
import { keyGroupCount } from '@millrace/core'

// Invariants
//  - Applied in order, what is replaced left out, the segments give the state of the key groups.
//  - A segment of which every key group has been replaced since is in no chain.
//  - Segments are in order of their checkpoints. Those of one checkpoint have no key group in
//    common, so that chains of several subtasks can be joined.

/** The segments that make up the state of some key groups. */
export class SegmentChain {
  readonly keyGroups: KeyGroupRange
  #segments: readonly SegmentHandle[]

  /** `handles`: chains of earlier subtasks; of each only what concerns these key groups counts. */
  constructor(keyGroups: KeyGroupRange, handles: readonly KeyedStateHandle[] = []) {
    this.keyGroups = keyGroups
    const byName = new Map<string, SegmentHandle>()
    for (const handle of handles) {
      if (handle.keyGroups.end <= keyGroups.start) continue
      if (handle.keyGroups.start >= keyGroups.end) continue
      for (const segment of handle.segments) byName.set(segment.name, segment)
    }
    const inOrder = [...byName.values()].sort((one, other) => one.checkpointId - other.checkpointId)
    this.#segments = withoutReplaced(inOrder, keyGroups)
  }

  get segments(): readonly SegmentHandle[] {
    return this.#segments
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0
  }

  get handle(): KeyedStateHandle {
    return { keyGroups: this.keyGroups, segments: this.#segments }
  }

  add(segments: readonly SegmentHandle[]): void {
    this.#segments = withoutReplaced([...this.#segments, ...segments], this.keyGroups)
  }

  /** For each key group the index of the first segment of which it has to be read. */
  firstSegments(): Uint32Array {
    const first = new Uint32Array(keyGroupCount)
    for (const [index, { replaces }] of this.#segments.entries()) {
      first.fill(index, replaces.start, replaces.end)
    }
    return first
  }
}

function withoutReplaced(
  segments: readonly SegmentHandle[],
  keyGroups: KeyGroupRange,
): readonly SegmentHandle[] {
  let covered: readonly KeyGroupRange[] = []
  const kept: SegmentHandle[] = []
  for (const segment of segments.toReversed()) {
    if (!covered.some(({ start, end }) => start <= keyGroups.start && end >= keyGroups.end)) {
      kept.push(segment)
    }
    covered = union(covered, segment.replaces)
  }
  return kept.reverse()
}

/** Ranges that neither meet nor touch, with one more. */
function union(ranges: readonly KeyGroupRange[], added: KeyGroupRange): readonly KeyGroupRange[] {
  let { start, end } = added
  if (start >= end) return ranges
  const apart: KeyGroupRange[] = []
  for (const range of ranges) {
    if (range.end < start || range.start > end) {
      apart.push(range)
    } else {
      start = Math.min(start, range.start)
      end = Math.max(end, range.end)
    }
  }
  return [...apart, { start, end }]
}
