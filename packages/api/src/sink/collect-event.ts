// What the writers of a collect sink and its coordinator in the job host say to each other. A
// writer has at most `collectWindow` sent that was not fetched: so the coordinator holds that much
// for each subtask, and a job whose results nobody fetches waits instead of filling the JobManager.

/** Writer → coordinator: records in the generic encoding, in order. */
export interface CollectBatch {
  readonly kind: 'records'
  readonly records: readonly Uint8Array[]
}

/** Coordinator → writer: so many of its records were fetched. */
export interface CollectAcknowledgement {
  readonly kind: 'acknowledge'
  readonly recordCount: number
  readonly bytes: number
}

export const collectWindow: { readonly recordCountMax: number; readonly bytesMax: number } = {
  recordCountMax: 4096,
  bytesMax: 1024 * 1024,
}
