import type { PlaceChanges, PlaceOwner } from './place-changes.ts'
import type { StoredState } from './segment-format.ts'
import type { SegmentRecord } from './segment-record.ts'

/** A state, or a queue of timers, that tracks its changes for snapshots. */
export interface SnapshottedState extends PlaceOwner {
  /** As segments name it. */
  readonly stored: StoredState
  readonly changes: PlaceChanges
  readonly entryCount: number
  /** About so many entries are restored next. */
  expect?(entryCount: number): void
  /** Does what a record of a segment says, before changes are tracked. */
  restore(record: SegmentRecord): void
}
