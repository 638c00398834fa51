// What remains to be done of a checkpoint when the task goes on: sealed keyed state is encoded in
// slices between records, everything is written, the JobMaster hears where.
//
// Invariants
//  - Snapshots are encoded one at a time and written one at a time, in the order of their ids: each
//    builds upon what the one before it made durable.
//  - Each is acknowledged or declined once, unless it was aborted or the task is over.
//  - A failed write never fails the task: what was sealed is part of the next snapshot.

import {
  type CheckpointMetrics,
  type CheckpointReport,
  type CheckpointStorage,
  type Clock,
  type ErrorInfo,
  type ExecutionAttemptId,
  errorInfo,
  type JobId,
  type KeyedStateHandle,
  MillraceError,
  type OperatorId,
  type OperatorSubtaskState,
  supervise,
} from '@millrace/core'
import { type KeyedSnapshot, type OperatorStateSnapshot, writeStateBlob } from '@millrace/state'

/** All state of a task at one barrier. */
export interface SealedTaskState {
  readonly operators: readonly {
    readonly operatorId: OperatorId
    readonly state: OperatorStateSnapshot
  }[]
  readonly keyed: { readonly operatorId: OperatorId; readonly snapshot: KeyedSnapshot } | undefined
  readonly isFinished: boolean
}

/** What the task knows of the times before. */
export type SealingMetrics = Pick<CheckpointMetrics, 'barrierWaitMs' | 'alignmentMs' | 'sealMs'>

/** What is needed of the slot. */
export interface CompletionServices {
  readonly clock: Clock
  /** undefined: the job takes no checkpoints. */
  readonly checkpointStorage: CheckpointStorage | undefined
  readonly inlineSizeMaxBytes: number
  /** Counts the writes of the slot; they outlive their tasks. */
  readonly writes: { underWay: number }
  /** Runs a mail between records. */
  readonly post: (mail: () => void) => void
  readonly report: (report: CheckpointReport) => void
}

interface Snapshot {
  readonly checkpointId: number
  readonly sealed: SealedTaskState
  readonly metrics: SealingMetrics
  encodeMs: number
  queuedAtMs: number
  isAborted: boolean
}

const sliceMs = 0.5

export class SnapshotCompletion {
  readonly #attempt: { readonly jobId: JobId; readonly attemptId: ExecutionAttemptId }
  readonly #services: CompletionServices
  readonly #encoding: Snapshot[] = []
  readonly #writing: Snapshot[] = []
  #isSliceDue = false
  #isClosed = false

  constructor(
    { jobId, attemptId }: { readonly jobId: JobId; readonly attemptId: ExecutionAttemptId },
    services: CompletionServices,
  ) {
    this.#attempt = { jobId, attemptId }
    this.#services = services
  }

  /** Snapshots that are neither acknowledged nor declined. */
  get pendingCount(): number {
    return this.#encoding.length + this.#writing.length
  }

  add(checkpointId: number, sealed: SealedTaskState, metrics: SealingMetrics): void {
    const snapshot = { checkpointId, sealed, metrics, encodeMs: 0, queuedAtMs: 0, isAborted: false }
    this.#encoding.push(snapshot)
    this.#scheduleSlice()
  }

  /**
   * Nobody waits for it any more. It is written all the same: later snapshots build upon it.
   */
  abort(checkpointId: number): void {
    for (const snapshot of [...this.#encoding, ...this.#writing]) {
      if (snapshot.checkpointId === checkpointId) snapshot.isAborted = true
    }
  }

  /**
   * The task is over, and its backend with it: nothing is given back to that. A write that is under
   * way comes to its end, but nobody hears of it.
   */
  close(): void {
    this.#isClosed = true
    this.#encoding.length = 0
    this.#writing.length = Math.min(1, this.#writing.length)
  }

  #scheduleSlice(): void {
    if (this.#isSliceDue) return
    this.#isSliceDue = true
    this.#services.post(() => this.#encodeSlice())
  }

  #encodeSlice(): void {
    this.#isSliceDue = false
    const [snapshot] = this.#encoding
    if (snapshot === undefined) return
    const { keyed } = snapshot.sealed
    if (snapshot.encodeMs === 0 && keyed !== undefined) this.#reportPhase(snapshot, 'encode')
    try {
      const start = this.#services.clock.monotonicMs()
      const isEncoded = keyed === undefined || keyed.snapshot.encode(sliceMs)
      snapshot.encodeMs += this.#services.clock.monotonicMs() - start
      if (isEncoded) this.#onEncoded(snapshot)
    } catch (error) {
      this.#encoding.shift()
      keyed?.snapshot.discard()
      this.#decline(snapshot, error)
    }
    if (this.#encoding.length > 0) this.#scheduleSlice()
  }

  #onEncoded(snapshot: Snapshot): void {
    this.#encoding.shift()
    snapshot.queuedAtMs = this.#services.clock.monotonicMs()
    this.#writing.push(snapshot)
    if (this.#writing.length > 1) this.#reportPhase(snapshot, 'queue')
    else this.#writeNext()
  }

  #writeNext(): void {
    const [snapshot] = this.#writing
    if (snapshot === undefined) return
    this.#services.writes.underWay++
    const written = this.#write(snapshot).finally(() => {
      this.#services.writes.underWay--
      this.#writing.shift()
      this.#writeNext()
    })
    supervise(written, (error) => this.#decline(snapshot, error))
  }

  async #write(snapshot: Snapshot): Promise<void> {
    const { clock, checkpointStorage: storage } = this.#services
    const { checkpointId, sealed } = snapshot
    if (storage === undefined) {
      sealed.keyed?.snapshot.discard()
      throw noStorage(checkpointId)
    }
    const startMs = clock.monotonicMs()
    const { inlineSizeMaxBytes } = this.#services
    const isLarge = sealed.operators.some(({ state }) => state.bytes.length > inlineSizeMaxBytes)
    if (sealed.keyed !== undefined || isLarge) this.#reportPhase(snapshot, 'write')
    const keyed = await sealed.keyed?.snapshot.write(storage, this.#attempt.attemptId)
    const size = sizeOf(keyed, checkpointId)
    const place = { folder: this.#attempt.attemptId, checkpointId, inlineSizeMaxBytes }
    const operators: OperatorSubtaskState[] = []
    if (keyed !== undefined && sealed.keyed !== undefined) {
      operators.push({ operatorId: sealed.keyed.operatorId, keyed, operator: undefined })
    }
    for (const { operatorId, state } of sealed.operators) {
      const blob = await writeStateBlob(storage, place, state.bytes)
      const operator = { states: state.states, blob }
      const at = operators.findIndex((other) => other.operatorId === operatorId)
      const own = operators[at] ?? { operatorId, keyed: undefined, operator }
      if (at < 0) operators.push(own)
      else operators[at] = { ...own, operator }
      size.writtenBytes += state.bytes.length
      size.totalBytes += state.bytes.length
    }
    if (this.#isClosed || snapshot.isAborted) return
    const { encodeMs, queuedAtMs } = snapshot
    this.#services.report({
      kind: 'acknowledge-checkpoint',
      ...this.#attempt,
      checkpointId,
      snapshot: { operators, channels: [], isFinished: sealed.isFinished },
      metrics: {
        ...snapshot.metrics,
        encodeMs,
        queueMs: startMs - queuedAtMs,
        writeMs: clock.monotonicMs() - startMs,
        ...size,
      },
    })
  }

  #decline(snapshot: Snapshot, error: unknown): void {
    if (this.#isClosed || snapshot.isAborted) return
    const failure: ErrorInfo = errorInfo(error, 'CHECKPOINT_DECLINED')
    const { checkpointId } = snapshot
    this.#services.report({ kind: 'decline-checkpoint', ...this.#attempt, checkpointId, failure })
  }

  #reportPhase(snapshot: Snapshot, phase: 'encode' | 'queue' | 'write'): void {
    if (this.#isClosed || snapshot.isAborted) return
    const { checkpointId } = snapshot
    this.#services.report({ kind: 'checkpoint-phase', ...this.#attempt, checkpointId, phase })
  }
}

function sizeOf(
  keyed: KeyedStateHandle | undefined,
  checkpointId: number,
): { writtenBytes: number; totalBytes: number; persistedBytes: number } {
  const size = { writtenBytes: 0, totalBytes: 0, persistedBytes: 0 }
  for (const segment of keyed?.segments ?? []) {
    size.totalBytes += segment.sizeBytes
    if (segment.checkpointId === checkpointId) size.writtenBytes += segment.sizeBytes
  }
  return size
}

function noStorage(checkpointId: number): MillraceError {
  return new MillraceError(
    'CHECKPOINT_DECLINED',
    `Checkpoint ${checkpointId} was triggered for a job that takes no checkpoints. Set ` +
      'execution.checkpointing.dir.',
  )
}
