interface Assignment {
  /** The latest snapshot of the enumerator before it; 0: none. */
  readonly snapshotId: number
  readonly splits: readonly unknown[]
}

// Invariants
//  - A split that was assigned is remembered until a checkpoint has completed whose snapshot came
//    after the assignment: from then on it is in the reader's state, whatever is restored.
//  - What is taken back for a restored checkpoint is exactly what its snapshot still had in the
//    enumerator.

/**
 * What the enumerator of one source gave to its readers, and since which of its snapshots: what
 * goes back to it when a reader begins again from a checkpoint.
 */
export class SplitAssignments {
  readonly #bySubtask = new Map<number, Assignment[]>()
  #firstSnapshotId = 0
  #lastSnapshotId = 0
  #completedId: number

  /** `restoredCheckpointId`: what the enumerator began with; 0: with nothing. */
  constructor(restoredCheckpointId: number) {
    this.#completedId = restoredCheckpointId
  }

  add(subtaskIndex: number, splits: readonly unknown[]): void {
    const assignments = this.#bySubtask.get(subtaskIndex) ?? []
    this.#bySubtask.set(subtaskIndex, assignments)
    assignments.push({ snapshotId: this.#lastSnapshotId, splits })
  }

  /** The enumerator is snapshotted now. Ids grow. */
  onSnapshot(checkpointId: number): void {
    if (this.#firstSnapshotId === 0) this.#firstSnapshotId = checkpointId
    this.#lastSnapshotId = checkpointId
  }

  /** No earlier one is restored without the enumerator any more. */
  onCompleted(checkpointId: number): void {
    if (this.#firstSnapshotId === 0 || checkpointId < this.#firstSnapshotId) return
    this.#completedId = checkpointId
    for (const [subtaskIndex, assignments] of this.#bySubtask) {
      const kept = assignments.filter(({ snapshotId }) => snapshotId >= checkpointId)
      if (kept.length === 0) this.#bySubtask.delete(subtaskIndex)
      else this.#bySubtask.set(subtaskIndex, kept)
    }
  }

  /**
   * Takes out what the subtask was given and does not have when it begins again from that
   * checkpoint (undefined: with nothing). The result is undefined where that is not known any more:
   * then the enumerator has to be restored too.
   */
  takeBack(
    subtaskIndex: number,
    restoredCheckpointId: number | undefined,
  ): readonly unknown[] | undefined {
    const restoredId = restoredCheckpointId ?? 0
    if (restoredId < this.#completedId) return undefined
    // One from before the first snapshot is what this enumerator itself began with.
    const isFromBefore = this.#firstSnapshotId === 0 || restoredId < this.#firstSnapshotId
    const assignments = this.#bySubtask.get(subtaskIndex) ?? []
    this.#bySubtask.delete(subtaskIndex)
    return assignments
      .filter(({ snapshotId }) => isFromBefore || snapshotId >= restoredId)
      .flatMap(({ splits }) => splits)
  }
}
