/** Where one subtask spent the time of one checkpoint; milliseconds with fractions. */
export interface CheckpointMetrics {
  /** From the trigger's time until the first barrier came (at a source: until it was handled). */
  readonly barrierWaitMs: number
  /** From the first barrier until the last one; it does not hold back an unaligned one. */
  readonly alignmentMs: number
  /** The task stood still for it: writers flushed, state sealed. */
  readonly sealMs: number
  /** Working time of encoding, in slices between records. */
  readonly encodeMs: number
  /** Waiting for one's turn to write. */
  readonly queueMs: number
  readonly writeMs: number
  /** Written for this checkpoint; what it shares with earlier ones is not counted. */
  readonly writtenBytes: number
  /** Everything it names. */
  readonly totalBytes: number
  /** Records that were on their way, of an unaligned checkpoint; part of both. */
  readonly persistedBytes: number
}

/** How far a subtask is that has not acknowledged yet. */
export type CheckpointPhase =
  | 'wait-for-barrier'
  | 'align'
  | 'seal'
  | 'encode'
  | 'queue'
  | 'write'
  | 'acknowledged'
