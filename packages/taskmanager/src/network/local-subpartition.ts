import { assert, type CheckpointPurpose, MillraceError } from '@millrace/core'

/** Hands one record to the chain of the consumer. `key` and `hash` are set on a keyed edge. */
export type ProcessRecord = (value: unknown, key: unknown, hash: number) => void

/** The consuming task, as its producer in the same slot sees it. */
export interface LocalConsumer {
  /** Takes records, and so do all that follow it. */
  isAvailable(): boolean
  /** All records from before the barrier have been processed. May block the subpartition. */
  onBarrier(subpartition: LocalSubpartition, checkpointId: number, purpose: CheckpointPurpose): void
  onEndOfData(subpartition: LocalSubpartition): void
  wake(): void
}

/** The producing task, as its consumer in the same slot sees it. */
export interface LocalProducer {
  /** An output takes no more: stop after the record at hand. */
  onOutputUnavailable(): void
  onConsumed(): void
}

/** Records that wait until the producer is asked to stop. */
const queuedRecordsMax = 2048
/** What stands for a record's overdraft in bytes where it is not encoded. */
const overdraftBytesPerRecord = 256
const fieldsPerRecord = 3
/** In the queue in place of a record: its key is the checkpoint's purpose, its hash its id. */
const barrierMark = Symbol('barrier')
const queueCompactionFields = 8192 * fieldsPerRecord

/**
 * Records for a consumer in the same slot. The producer's generated code looks at `isOpen` and
 * calls `process` itself, which counts a call instead of an object queue; the queue serves while
 * the consumer is suspended, blocked or not running yet.
 */
export class LocalSubpartition {
  readonly edgeIndex: number
  readonly producerSubtask: number
  readonly consumerSubtask: number
  readonly #producer: LocalProducer
  readonly #consumer: LocalConsumer
  readonly #overdraftRecordsMax: number
  /** Records may be processed in the emitter's call. Never while the queue holds any. */
  isOpen = false
  process: ProcessRecord
  /** Records that were handed over or queued. */
  records = 0
  /** value, key, hash, value, key, hash, … */
  #queue: unknown[] = []
  #head = 0
  #queuedBarriers = 0
  #state: 'open' | 'ended' | 'consumed' | 'vanished' = 'open'
  #isRunning = false
  #isBlocked = false

  constructor(
    place: {
      readonly edgeIndex: number
      readonly producerSubtask: number
      readonly consumerSubtask: number
    },
    producer: LocalProducer,
    consumer: LocalConsumer,
    overdraftMaxBytes: number,
  ) {
    this.edgeIndex = place.edgeIndex
    this.producerSubtask = place.producerSubtask
    this.consumerSubtask = place.consumerSubtask
    this.#producer = producer
    this.#consumer = consumer
    this.#overdraftRecordsMax =
      queuedRecordsMax + Math.ceil(overdraftMaxBytes / overdraftBytesPerRecord)
    this.process = () => assert(false, 'A record was handed to a task that does not run')
  }

  get queuedCount(): number {
    return (this.#queue.length - this.#head) / fieldsPerRecord - this.#queuedBarriers
  }

  /** Records that the consumer has processed. */
  get receivedCount(): number {
    return this.records - this.queuedCount
  }

  get isConsumed(): boolean {
    return this.#state === 'consumed'
  }

  /** There is something for `drain` to do. */
  get canDrain(): boolean {
    return !this.#isBlocked && this.#head < this.#queue.length
  }

  isAvailable(): boolean {
    if (this.#state !== 'open') return false
    return this.queuedCount < queuedRecordsMax && this.#consumer.isAvailable()
  }

  // Producer

  /** Queues a record, where `isOpen` is false. */
  enqueue(value: unknown, key: unknown, hash: number): void {
    if (this.#state === 'vanished') return
    assert(this.#state === 'open', 'A record after the end of data')
    this.#queue.push(value, key, hash)
    this.records++
    const count = this.queuedCount
    if (count < queuedRecordsMax) return
    this.#producer.onOutputUnavailable()
    if (count > this.#overdraftRecordsMax) throw overdraftExceeded(count)
  }

  /** Behind all records so far; it is no record itself. */
  barrier(checkpointId: number, purpose: CheckpointPurpose): void {
    if (this.#state !== 'open') return
    if (this.isOpen) {
      this.#consumer.onBarrier(this, checkpointId, purpose)
      return
    }
    this.#queue.push(barrierMark, purpose, checkpointId)
    this.#queuedBarriers++
    this.#consumer.wake()
  }

  /** No record follows. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#endIfDrained()
    this.#consumer.wake()
  }

  /** The producing task is over, with or without an end of data. */
  release(): void {
    this.isOpen = false
    this.#dropQueue()
    if (this.#state === 'open' || this.#state === 'ended') this.#state = 'vanished'
  }

  // Consumer

  /** The consumer runs: records reach it from here on. */
  start(process: ProcessRecord): void {
    this.process = process
    this.#isRunning = true
  }

  /** The consumer takes no record now; those that come are queued. */
  suspend(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#producer.onOutputUnavailable()
  }

  /** Nothing from behind the barrier at hand reaches the consumer; it is queued. */
  block(): void {
    this.#isBlocked = true
    this.isOpen = false
  }

  /** Drained again from here on. */
  unblock(): void {
    this.#isBlocked = false
    this.#consumer.wake()
  }

  /**
   * Processes queued records until `mayProceed` says no, then lets new ones through directly.
   * Called between records only. Returns how many were processed.
   */
  drain(mayProceed: { readonly suspended: boolean }, countMax: number): number {
    if (!this.#isRunning || this.#isBlocked) return 0
    const process = this.process
    let count = 0
    while (this.#head < this.#queue.length && count < countMax && !mayProceed.suspended) {
      const at = this.#head
      this.#head += fieldsPerRecord
      const value = this.#queue[at]
      if (value === barrierMark) {
        this.#queuedBarriers--
        const purpose = this.#queue[at + 1] as CheckpointPurpose
        this.#consumer.onBarrier(this, this.#queue[at + 2] as number, purpose)
        if (this.#isBlocked) break
        continue
      }
      count++
      process(value, this.#queue[at + 1], this.#queue[at + 2] as number)
    }
    if (this.#head === this.#queue.length) {
      this.#dropQueue()
      this.isOpen = this.#state === 'open' && !mayProceed.suspended && !this.#isBlocked
      this.#endIfDrained()
    } else if (this.#head >= queueCompactionFields) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return count
  }

  /** The consumer is over before the end of data: nothing that comes is kept. */
  vanish(): void {
    this.isOpen = false
    if (this.#state === 'consumed') return
    this.#state = 'vanished'
    this.#dropQueue()
    this.#producer.onOutputUnavailable()
  }

  #dropQueue(): void {
    this.#queue.length = 0
    this.#head = 0
    this.#queuedBarriers = 0
  }

  #endIfDrained(): void {
    // The end of data comes behind the barrier that blocks.
    if (this.#state !== 'ended' || !this.#isRunning || this.#isBlocked) return
    if (this.#head < this.#queue.length) return
    this.#state = 'consumed'
    this.isOpen = false
    this.#consumer.onEndOfData(this)
    this.#producer.onConsumed()
  }
}

function overdraftExceeded(count: number): MillraceError {
  return new MillraceError(
    'OVERDRAFT_EXCEEDED',
    `One record became more than ${count} records that their receiver cannot take yet. Return an` +
      ' iterable (a generator) instead of calling collect: it is pulled as room allows; or raise' +
      ' taskmanager.network.overdraft-size-max.',
    { blame: 'user' },
  )
}
