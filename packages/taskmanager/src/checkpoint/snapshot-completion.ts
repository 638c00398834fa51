// What remains to be done of a checkpoint when the task goes on: sealed keyed state is encoded in
// slices between records, everything is written, the JobMaster hears where.
//
// Invariants
//  - Snapshots are encoded one at a time and written one at a time, in the order of their ids: each
//    builds upon what the one before it made durable.
//  - Each is acknowledged or declined once, unless it was aborted or the task is over.
//  - A failed write never fails the task: what was sealed is part of the next snapshot.

import {
  type ChannelStateHandle,
  type CheckpointMetrics,
  type CheckpointReport,
  type CheckpointStorage,
  type Clock,
  type ErrorInfo,
  type ExecutionAttemptId,
  errorInfo,
  type JobEdge,
  type JobId,
  type KeyedStateHandle,
  MillraceError,
  type OperatorId,
  type OperatorSubtaskState,
  type StateBlob,
  supervise,
} from '@millrace/core'
import { type KeyedSnapshot, type OperatorStateSnapshot, writeStateBlob } from '@millrace/state'
import type { ChannelState } from './channel-state.ts'

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
  /** Of the graph, once the task runs. */
  readonly edgeOf: (edgeIndex: number) => JobEdge
}

interface Snapshot {
  readonly checkpointId: number
  readonly sealed: SealedTaskState
  /** undefined: it was aligned, and nothing could overtake. */
  readonly channels: ChannelState | undefined
  readonly metrics: SealingMetrics
  readonly sealedAtMs: number
  isKeyedEncoded: boolean
  /** Everything else is done, and it was said that barriers are waited for. */
  isCollecting: boolean
  encodeMs: number
  queuedAtMs: number
  isAborted: boolean
}

const sliceMsMin = 0.5
const sliceMsMax = 20
/** Of the time between slices: where records are slow a slice may be longer. */
const sliceShare = 0.1

export class SnapshotCompletion {
  readonly #attempt: { readonly jobId: JobId; readonly attemptId: ExecutionAttemptId }
  readonly #services: CompletionServices
  readonly #encoding: Snapshot[] = []
  readonly #writing: Snapshot[] = []
  #isSliceDue = false
  #sliceEndedAtMs = 0
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

  /** `channels` may not be whole yet. */
  add(
    checkpointId: number,
    sealed: SealedTaskState,
    channels: ChannelState | undefined,
    metrics: SealingMetrics,
  ): void {
    const snapshot: Snapshot = {
      checkpointId,
      sealed,
      channels,
      metrics,
      sealedAtMs: this.#services.clock.monotonicMs(),
      isKeyedEncoded: sealed.keyed === undefined,
      isCollecting: false,
      encodeMs: 0,
      queuedAtMs: 0,
      isAborted: false,
    }
    if (this.#encoding.length === 0) this.#sliceEndedAtMs = snapshot.sealedAtMs
    this.#encoding.push(snapshot)
    if (channels !== undefined) channels.onWork = () => this.#scheduleSlice()
    this.#scheduleSlice()
  }

  /**
   * Nobody waits for it any more. It is written all the same: later snapshots build upon it.
   */
  abort(checkpointId: number): void {
    for (const snapshot of [...this.#encoding, ...this.#writing]) {
      if (snapshot.checkpointId !== checkpointId) continue
      snapshot.isAborted = true
      snapshot.channels?.drop()
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
    if (this.#isSliceDue || this.#isClosed) return
    this.#isSliceDue = true
    this.#services.post(() => this.#encodeSlice())
  }

  #encodeSlice(): void {
    this.#isSliceDue = false
    const [snapshot] = this.#encoding
    if (snapshot === undefined) return
    const { channels } = snapshot
    const { keyed } = snapshot.sealed
    if (snapshot.encodeMs === 0 && keyed !== undefined) this.#reportPhase(snapshot, 'encode')
    let isWaiting = false
    try {
      const start = this.#services.clock.monotonicMs()
      const betweenMs = start - this.#sliceEndedAtMs
      const sliceMs = Math.min(sliceMsMax, Math.max(sliceMsMin, betweenMs * sliceShare))
      const isEncoded = this.#encode(snapshot, start, sliceMs)
      this.#sliceEndedAtMs = this.#services.clock.monotonicMs()
      snapshot.encodeMs += this.#sliceEndedAtMs - start
      const isWhole = channels === undefined || channels.isWhole
      if (isEncoded && isWhole) this.#onEncoded(snapshot)
      // For barriers, which say so when they come.
      isWaiting = isEncoded && !isWhole
      if (isWaiting && !snapshot.isCollecting) this.#reportPhase(snapshot, 'align')
      snapshot.isCollecting = isWaiting
    } catch (error) {
      this.#encoding.shift()
      keyed?.snapshot.discard()
      channels?.drop()
      this.#decline(snapshot, error)
    }
    if (this.#encoding.length > 0 && !isWaiting) this.#scheduleSlice()
  }

  /** One slice of it; true where nothing is left for now. */
  #encode(snapshot: Snapshot, startMs: number, sliceMs: number): boolean {
    const { channels, sealed } = snapshot
    if (!snapshot.isKeyedEncoded) {
      snapshot.isKeyedEncoded = sealed.keyed?.snapshot.encode(sliceMs) !== false
      if (!snapshot.isKeyedEncoded) return false
    }
    const { clock } = this.#services
    return channels?.encode(() => clock.monotonicMs() - startMs >= sliceMs) !== false
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
    const channels = await this.#writeChannels(storage, snapshot)
    for (const { sizeBytes } of channels) size.persistedBytes += sizeBytes
    size.writtenBytes += size.persistedBytes
    size.totalBytes += size.persistedBytes
    if (this.#isClosed || snapshot.isAborted) return
    const { encodeMs, queuedAtMs } = snapshot
    this.#services.report({
      kind: 'acknowledge-checkpoint',
      ...this.#attempt,
      checkpointId,
      snapshot: { operators, channels, isFinished: sealed.isFinished },
      metrics: {
        ...snapshot.metrics,
        alignmentMs: alignmentOf(snapshot),
        encodeMs,
        queueMs: startMs - queuedAtMs,
        writeMs: clock.monotonicMs() - startMs,
        ...size,
      },
    })
  }

  /** Inline where they are few, else all in one file. */
  async #writeChannels(
    storage: CheckpointStorage,
    { checkpointId, channels }: Snapshot,
  ): Promise<readonly ChannelStateHandle[]> {
    const recordings = channels?.recordings ?? []
    const { inlineSizeMaxBytes } = this.#services
    const handles = (blobOf: (bytes: Uint8Array) => StateBlob): ChannelStateHandle[] => {
      let offset = 0
      return recordings.map(({ place, recordCount, bytes }) => {
        const { edgeIndex, ...subtasks } = place
        const { sourceOperator, targetOperator, inputIndex } = this.#services.edgeOf(edgeIndex)
        const edge = { sourceOperator, targetOperator, inputIndex }
        const blob = blobOf(bytes)
        const at = blob.kind === 'inline' ? 0 : offset
        offset += bytes.length
        return { ...edge, ...subtasks, recordCount, blob, offset: at, sizeBytes: bytes.length }
      })
    }
    const sizeBytes = recordings.reduce((sum, { bytes }) => sum + bytes.length, 0)
    if (sizeBytes <= inlineSizeMaxBytes) {
      return handles((bytes) => ({ kind: 'inline', bytes: bytes.slice() }))
    }
    const all = new Uint8Array(sizeBytes)
    let position = 0
    for (const { bytes } of recordings) {
      all.set(bytes, position)
      position += bytes.length
    }
    const place = { folder: this.#attempt.attemptId, checkpointId, inlineSizeMaxBytes }
    const file = await writeStateBlob(storage, place, all)
    return handles(() => file)
  }

  #decline(snapshot: Snapshot, error: unknown): void {
    if (this.#isClosed || snapshot.isAborted) return
    const failure: ErrorInfo = errorInfo(error, 'CHECKPOINT_DECLINED')
    const { checkpointId } = snapshot
    this.#services.report({ kind: 'decline-checkpoint', ...this.#attempt, checkpointId, failure })
  }

  #reportPhase(snapshot: Snapshot, phase: 'align' | 'encode' | 'queue' | 'write'): void {
    if (this.#isClosed || snapshot.isAborted) return
    const { checkpointId } = snapshot
    this.#services.report({ kind: 'checkpoint-phase', ...this.#attempt, checkpointId, phase })
  }
}

/** Of one that was performed before its barriers came: until the last did. */
function alignmentOf({ channels, metrics, sealedAtMs }: Snapshot): number {
  const collectedAtMs = channels?.collectedAtMs
  if (collectedAtMs === undefined) return metrics.alignmentMs
  return metrics.alignmentMs + Math.max(0, collectedAtMs - sealedAtMs)
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
