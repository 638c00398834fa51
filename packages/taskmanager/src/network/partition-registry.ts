import type { Clock, ExecutionAttemptId, Timer } from '@millrace/core'
import type { ResultPartition } from './result-partition.ts'

/** A consumer that waits for a partition. */
export interface PartitionWaiter {
  onFound(partition: ResultPartition): void
  /** Nobody deployed the producer in time. */
  onTimeout(): void
}

interface Waiting {
  readonly attemptId: ExecutionAttemptId
  readonly edgeIndex: number
  readonly waiter: PartitionWaiter
  readonly timer: Timer
}

/** The result partitions of a slot's tasks, found by attempt and edge. */
export class PartitionRegistry {
  readonly #clock: Clock
  readonly #requestTimeoutMs: number
  readonly #partitions = new Map<ExecutionAttemptId, readonly ResultPartition[]>()
  readonly #waiting = new Set<Waiting>()

  constructor(clock: Clock, requestTimeoutMs: number) {
    this.#clock = clock
    this.#requestTimeoutMs = requestTimeoutMs
  }

  get size(): number {
    return this.#partitions.size
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  register(attemptId: ExecutionAttemptId, partitions: readonly ResultPartition[]): void {
    this.#partitions.set(attemptId, partitions)
    for (const waiting of [...this.#waiting]) {
      if (waiting.attemptId !== attemptId) continue
      const partition = partitions.find(({ edgeIndex }) => edgeIndex === waiting.edgeIndex)
      if (partition === undefined) continue
      this.#waiting.delete(waiting)
      waiting.timer.cancel()
      waiting.waiter.onFound(partition)
    }
  }

  unregister(attemptId: ExecutionAttemptId): void {
    this.#partitions.delete(attemptId)
  }

  /** Answers at once, or as soon as the producer is deployed. Returns how to withdraw. */
  find(
    attemptId: ExecutionAttemptId,
    edgeIndex: number,
    waiter: PartitionWaiter,
  ): { cancel(): void } {
    const partition = this.#partitions
      .get(attemptId)
      ?.find((candidate) => candidate.edgeIndex === edgeIndex)
    if (partition !== undefined) {
      waiter.onFound(partition)
      return { cancel: () => {} }
    }
    const timer = this.#clock.setTimer(this.#requestTimeoutMs, () => {
      this.#waiting.delete(waiting)
      waiter.onTimeout()
    })
    const waiting: Waiting = { attemptId, edgeIndex, waiter, timer }
    this.#waiting.add(waiting)
    return {
      cancel: () => {
        timer.cancel()
        this.#waiting.delete(waiting)
      },
    }
  }

  close(): void {
    for (const { timer } of this.#waiting) timer.cancel()
    this.#waiting.clear()
    this.#partitions.clear()
  }
}
