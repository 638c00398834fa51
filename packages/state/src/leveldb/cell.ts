import type { CellSpace } from './cell-space.ts'

/**
 * One entry of the database as an object in the cache. A value, and the head of a list or a map, is
 * found by its key and namespace; a part of those (a chunk, an entry) by its head.
 *
 * Invariants
 *  - A cell is in the index of its space and in the ring of the cache, or in neither (`at < 0`).
 *  - What is not in the cache is in the database as it was last.
 *  - A head stays as long as one of its parts is in the cache.
 */
export class Cell {
  // What each access needs comes first and together: that is one line of the processor's cache or
  // two, instead of three.

  /** undefined: there is no such entry, which is worth knowing too. */
  value: unknown = undefined
  /** Used since the clock hand passed. */
  isReferenced = true
  /** Not in the database as it is now. */
  isDirty = false
  /** It is one of the entries that the cache counts. */
  isCounted = false
  /** The last epoch in which it was changed. */
  epoch = -1
  /** Estimated memory. */
  sizeBytes = 0
  /** In the ring; -1: it has left the cache. */
  at = -1
  readonly space: CellSpace
  /** `keyIdentity` of the key, or of the map's key, or the number of the chunk. */
  readonly identity: unknown
  /** Identity of the namespace, undefined where it is void; of a part: its head. */
  readonly scope: unknown
  /** Of its key and namespace: the upper bits are the key group. A part has that of its head. */
  readonly hash: number
  touchedAtMs = 0
  /** Of an entry of a map: the chunk of the index that names it. */
  chunk = 0
  /** In the index of its space. */
  place = -1
  /** Parts of it in the cache. */
  partCount = 0
  /** Will be in the next batch. */
  isPending = false
  /** Is in the batch that is being written. */
  isWriting = false
  /** The epoch (time between two seals) in which it came into the cache. */
  readonly bornEpoch: number
  /** The last epoch whose base it was written to, changed or not. */
  baseEpoch = -1
  /** In the list of its epoch's changes; -1: not in one, it is known to the snapshot already. */
  changeIndex = -1

  constructor(
    space: CellSpace,
    place: { readonly identity: unknown; readonly scope: unknown; readonly hash: number },
    bornEpoch: number,
  ) {
    this.space = space
    this.identity = place.identity
    this.scope = place.scope
    this.hash = place.scope instanceof Cell ? place.scope.hash : place.hash
    this.bornEpoch = bornEpoch
  }

  /** The cell whose key and namespace it belongs to: itself, or its head. */
  get head(): Cell {
    return this.scope instanceof Cell ? this.scope : this
  }
}
