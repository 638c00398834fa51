import { encodeGeneric, type Timer } from '@millrace/core'
import {
  type CollectAcknowledgement,
  type CollectBatch,
  type CollectLaneState,
  collectWindow,
} from './collect-event.ts'
import { CollectLane } from './collect-lane.ts'
import type { Sink, SinkWriter, SinkWriterContext } from './sink.ts'

/**
 * Gathers the records of a stream in the JobManager, where a client fetches them by the name of the
 * sink. For tests and small results: where nobody fetches, the job waits, and checkpoints expire.
 *
 * Each record is among the results exactly once, if the job takes checkpoints of that mode: where
 * it goes back to one, the client is told from which position on what it has fetched is void, and
 * fetches on from there. What it fetched before the job has ended may be void later.
 *
 * ```ts
 * totals.sinkTo(new CollectSink(), { name: 'totals' })
 * ```
 */
export class CollectSink<T = unknown> implements Sink<T, never, CollectLaneState> {
  readonly kind = 'collect'

  createWriter(
    context: SinkWriterContext,
    restored: readonly CollectLaneState[] = [],
  ): SinkWriter<T, never, CollectLaneState> {
    return new CollectWriter(context, restored)
  }
}

const batchRecordCount = 256
const batchBytes = 64 * 1024
const delayMsMax = 10

class CollectWriter<T> implements SinkWriter<T, never, CollectLaneState> {
  readonly #context: SinkWriterContext
  readonly #own: CollectLane
  /** Its own, and those that were restored as long as they have records. */
  readonly #lanes = new Map<string, CollectLane>()
  /** Of its own lane: those below it are sent. */
  #sent = 0
  #unsentBytes = 0
  /** Sent or about to be, and not fetched yet. */
  #recordCount = 0
  #bytes = 0
  /** The latest checkpoint it took part in. */
  #passedId = 0
  #timer: Timer | undefined = undefined
  #unblocked: PromiseWithResolvers<void> | undefined = undefined

  constructor(context: SinkWriterContext, restored: readonly CollectLaneState[]) {
    this.#context = context
    const { restoredCheckpointId = 0, subtaskIndex, attemptNumber } = context
    // Unique where it matters: a later checkpoint than the restored one is what it could be in.
    const name = `${restoredCheckpointId}/${subtaskIndex}/${attemptNumber}`
    this.#own = new CollectLane({ lane: name, first: 0, records: [] })
    for (const state of restored) {
      const lane = new CollectLane(state)
      this.#lanes.set(lane.name, lane)
      for (const record of state.records) this.#count(record, 1)
      this.#send(lane, state.first)
    }
    this.#lanes.set(name, this.#own)
  }

  write(record: T): void {
    const bytes = encodeGeneric(record)
    this.#own.add(bytes)
    this.#count(bytes, 1)
    this.#unsentBytes += bytes.length
    const unsentCount = this.#own.end - this.#sent
    if (unsentCount >= batchRecordCount || this.#unsentBytes >= batchBytes) this.flush()
    else this.#timer ??= this.#context.clock.setTimer(delayMsMax, () => this.flush())
  }

  blocked(): Promise<void> | undefined {
    if (!this.#isWindowFull()) return undefined
    this.flush()
    this.#unblocked ??= Promise.withResolvers()
    return this.#unblocked.promise
  }

  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#sent === this.#own.end) return
    this.#send(this.#own, this.#sent)
    this.#sent = this.#own.end
    this.#unsentBytes = 0
  }

  snapshotState(checkpointId: number): readonly CollectLaneState[] {
    this.#passedId = checkpointId
    const states = [...this.#lanes.values()].map((lane) => lane.snapshot(checkpointId))
    for (const lane of this.#lanes.values()) this.#dropIfOver(lane)
    return states.filter(({ records }) => records.length > 0)
  }

  handleEvent(event: unknown): void {
    const { lane: name, upTo, snapshotId } = event as CollectAcknowledgement
    const lane = this.#lanes.get(name)
    if (lane === undefined) return
    for (const record of lane.acknowledge({ upTo, snapshotId }, this.#passedId)) {
      this.#count(record, -1)
    }
    this.#dropIfOver(lane)
    if (this.#isWindowFull()) return
    this.#unblocked?.resolve()
    this.#unblocked = undefined
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#unblocked?.resolve()
    this.#unblocked = undefined
  }

  #send(lane: CollectLane, from: number): void {
    let first = from
    let records: Uint8Array[] = []
    let bytes = 0
    const send = (): void => {
      if (records.length === 0) return
      const batch: CollectBatch = { kind: 'records', lane: lane.name, first, records }
      this.#context.sendEventToCoordinator(batch)
      first += records.length
      records = []
      bytes = 0
    }
    for (const record of lane.from(from)) {
      records.push(record)
      bytes += record.length
      if (records.length >= batchRecordCount || bytes >= batchBytes) send()
    }
    send()
  }

  #count(record: Uint8Array, sign: 1 | -1): void {
    this.#recordCount += sign
    this.#bytes += sign * record.length
  }

  #dropIfOver(lane: CollectLane): void {
    if (lane !== this.#own && lane.isEmpty) this.#lanes.delete(lane.name)
  }

  #isWindowFull(): boolean {
    const { recordCountMax, bytesMax } = collectWindow
    return this.#recordCount >= recordCountMax || this.#bytes >= bytesMax
  }
}
