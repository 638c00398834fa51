import { assert, type CheckpointPurpose, MillraceError } from '@millrace/core'

/** Hands one record to the chain of the consumer. `key` and `hash` are set on a keyed edge. */
export type ProcessRecord = (value: unknown, key: unknown, hash: number) => void

/** The consuming task, as its producer in the same slot sees it. */
export interface LocalConsumer {
  /** Takes records, and so do all that follow it. */
  isAvailable(): boolean
  /** All records from before the barrier have been processed. May block the subpartition. */
  onBarrier(subpartition: LocalSubpartition, checkpointId: number, purpose: CheckpointPurpose): void
  /** It came before the records that are queued. */
  onOvertakingBarrier(subpartition: LocalSubpartition, checkpointId: number): void
  onEndOfData(subpartition: LocalSubpartition): void
  wake(): void
}

/** The producing task, as its consumer in the same slot sees it. */
export interface LocalProducer {
  /** An output takes no more: stop after the record at hand. */
  onOutputUnavailable(): void
  onConsumed(): void
  /** A barrier that was queued is no more. */
  onBarrierLeft(): void
}

/** What takes the records that are on their way over a channel when a checkpoint is taken. */
export interface RecordedChannel {
  readonly checkpointId: number
  addRecord(value: unknown): void
  /** The barrier has come, or nothing will. */
  end(): void
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
  /** The checkpoint for which the end of data stands for the barrier; 0: none. */
  #endIsBarrierOf = 0
  /** Takes what is queued too, for a checkpoint whose barrier has not come. */
  #recording: RecordedChannel | undefined

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
    this.#recording?.addRecord(value)
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

  /** Where the end of data was written it stands for the barrier of this checkpoint. */
  noteBarrier(checkpointId: number): void {
    if (this.#state === 'ended') this.#endIsBarrierOf = checkpointId
  }

  holdsBarrier(checkpointId: number): boolean {
    if (this.#markOf(checkpointId) >= 0) return true
    return this.#state === 'ended' && this.#endIsBarrierOf === checkpointId
  }

  /**
   * The barrier comes before all that is queued, or what is queued before the barrier where that
   * `isWritten` and has not come through. Returns the records; they are processed as before.
   */
  overtake(checkpointId: number, isWritten: boolean): readonly unknown[] {
    if (this.#state !== 'open' && this.#state !== 'ended') return []
    if (isWritten && !this.holdsBarrier(checkpointId)) return []
    const mark = this.#markOf(checkpointId)
    // What the consumer records is its part.
    const isRecorded = this.#recording?.checkpointId === checkpointId
    const records = isRecorded ? [] : this.#recordsUpTo(mark)
    if (mark >= 0) this.#removeMark(mark)
    this.#endIsBarrierOf = 0
    this.#endRecording()
    this.#consumer.onOvertakingBarrier(this, checkpointId)
    return records
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

  /**
   * The consumer is saved for a checkpoint: what is queued, and what comes before its barrier, is
   * on its way. Returns whether that barrier is queued already; it is taken out then.
   */
  record(recording: RecordedChannel): boolean {
    const mark = this.#markOf(recording.checkpointId)
    for (const value of this.#recordsUpTo(mark)) recording.addRecord(value)
    if (mark < 0 && (this.#state === 'open' || this.#state === 'ended')) {
      this.#recording = recording
      this.suspend()
      return false
    }
    recording.end()
    if (mark < 0) return false
    this.#removeMark(mark)
    this.#producer.onBarrierLeft()
    return true
  }

  /** The checkpoint that is recorded for is over. */
  stopRecording(): void {
    this.#endRecording()
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
        this.#producer.onBarrierLeft()
        if (this.#isBlocked) break
        continue
      }
      count++
      process(value, this.#queue[at + 1], this.#queue[at + 2] as number)
    }
    if (this.#head === this.#queue.length) {
      this.#dropQueue()
      const isHeld = this.#isBlocked || this.#recording !== undefined
      this.isOpen = this.#state === 'open' && !mayProceed.suspended && !isHeld
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
    this.#recording = undefined
    this.#producer.onOutputUnavailable()
  }

  /** Where the barrier of this checkpoint is queued, or -1. */
  #markOf(checkpointId: number): number {
    if (this.#queuedBarriers === 0) return -1
    for (let at = this.#head; at < this.#queue.length; at += fieldsPerRecord) {
      if (this.#queue[at] === barrierMark && this.#queue[at + 2] === checkpointId) return at
    }
    return -1
  }

  #removeMark(at: number): void {
    this.#queue.splice(at, fieldsPerRecord)
    this.#queuedBarriers--
  }

  /** Those queued before the mark, or all where there is none. */
  #recordsUpTo(mark: number): readonly unknown[] {
    const end = mark < 0 ? this.#queue.length : mark
    const records: unknown[] = []
    for (let at = this.#head; at < end; at += fieldsPerRecord) {
      const value = this.#queue[at]
      if (value !== barrierMark) records.push(value)
    }
    return records
  }

  #endRecording(): void {
    if (this.#recording === undefined) return
    this.#recording.end()
    this.#recording = undefined
    this.#consumer.wake()
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
    this.#endRecording()
    this.#consumer.onEndOfData(this)
    if (this.#endIsBarrierOf > 0) this.#producer.onBarrierLeft()
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
