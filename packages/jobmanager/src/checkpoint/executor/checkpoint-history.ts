import type { Clock, ErrorInfo } from '@millrace/core'
import type { CheckpointStatistics } from '@millrace/rpc'
import type { AcknowledgedCheckpoint } from '../coordinator/checkpoint-command.ts'
import type { CheckpointCoordinator } from '../coordinator/checkpoint-coordinator.ts'

interface Beginning {
  readonly atMs: number
  readonly monotonicMs: number
}

/** What became of a job's checkpoints, for people. */
export class CheckpointHistory {
  readonly #clock: Clock
  readonly #begun = new Map<number, Beginning>()
  #completedCount = 0
  #failedCount = 0
  #latestCompleted: CheckpointStatistics['latestCompleted']
  #latestFailed: CheckpointStatistics['latestFailed']
  #latestRestored: CheckpointStatistics['latestRestored']

  constructor(clock: Clock) {
    this.#clock = clock
  }

  onBegan(checkpointId: number): void {
    const beginning = { atMs: this.#clock.now(), monotonicMs: this.#clock.monotonicMs() }
    this.#begun.set(checkpointId, beginning)
  }

  /** When it was triggered, milliseconds since 1970. */
  triggeredAtMs(checkpointId: number): number {
    const latest = this.#latestCompleted
    const completedAtMs = latest?.checkpointId === checkpointId ? latest.triggeredAtMs : undefined
    return this.#begun.get(checkpointId)?.atMs ?? completedAtMs ?? this.#clock.now()
  }

  /** Returns how long it took. */
  onCompleted({ checkpointId, metrics }: AcknowledgedCheckpoint, location: string): number {
    const { writtenBytes, totalBytes, persistedBytes } = metrics
    const begun = this.#end(checkpointId)
    const durationMs = this.#clock.monotonicMs() - begun.monotonicMs
    this.#completedCount += 1
    this.#latestCompleted = {
      checkpointId,
      triggeredAtMs: begun.atMs,
      durationMs,
      writtenBytes,
      totalBytes,
      persistedBytes,
      location,
    }
    return durationMs
  }

  onFailed(checkpointId: number, failure: ErrorInfo): void {
    const { atMs: triggeredAtMs } = this.#end(checkpointId)
    const failedAtMs = this.#clock.now()
    this.#failedCount += 1
    this.#latestFailed = { checkpointId, triggeredAtMs, failedAtMs, failure }
  }

  /** Given up though nothing was wrong with it. */
  onAborted(checkpointId: number): void {
    this.#end(checkpointId)
  }

  onRestored(checkpointId: number): void {
    this.#latestRestored = { checkpointId, restoredAtMs: this.#clock.now() }
  }

  statistics({ pending }: CheckpointCoordinator): CheckpointStatistics {
    return {
      completedCount: this.#completedCount,
      failedCount: this.#failedCount,
      latestCompleted: this.#latestCompleted,
      latestFailed: this.#latestFailed,
      latestRestored: this.#latestRestored,
      pending: pending.map(({ checkpointId, snapshots, lateTasks }) => ({
        checkpointId,
        triggeredAtMs: this.triggeredAtMs(checkpointId),
        acknowledgedCount: snapshots.size,
        taskCount: snapshots.size + lateTasks.length,
        waitingFor: lateTasks.map(({ vertex, phase }) => ({ taskName: vertex.taskName, phase })),
      })),
    }
  }

  #end(checkpointId: number): Beginning {
    const { atMs, monotonicMs } = this.#begun.get(checkpointId) ?? {
      atMs: this.#clock.now(),
      monotonicMs: this.#clock.monotonicMs(),
    }
    this.#begun.delete(checkpointId)
    return { atMs, monotonicMs }
  }
}
