// What the writers of a collect sink and its coordinator in the job host say to each other. A
// writer has at most `collectWindow` sent that was not fetched: so the coordinator holds that much
// for each subtask, and a job whose results nobody fetches waits instead of filling the JobManager.
//
// The records of one attempt of a writer are a lane, and numbered in it from 0. A writer that is
// restored sends what its checkpoint has of earlier lanes again, under their numbers: so the
// coordinator knows which of them it has.

/** Writer → coordinator: records in the generic encoding, in order. */
export interface CollectBatch {
  readonly kind: 'records'
  readonly lane: string
  /** Number of the first one. */
  readonly first: number
  readonly records: readonly Uint8Array[]
}

/** Coordinator → writer: the records of the lane below `upTo` were fetched. */
export interface CollectAcknowledgement {
  readonly kind: 'acknowledge'
  readonly lane: string
  readonly upTo: number
  /**
   * The coordinator's latest snapshot before that; 0: none. Where the job goes back to that
   * checkpoint, they count as not fetched.
   */
  readonly snapshotId: number
}

/** In a writer's state: records that have to be sent again where the checkpoint is restored. */
export interface CollectLaneState {
  readonly lane: string
  readonly first: number
  readonly records: readonly Uint8Array[]
}

export const collectWindow: { readonly recordCountMax: number; readonly bytesMax: number } = {
  recordCountMax: 4096,
  bytesMax: 1024 * 1024,
}
