import { encodeGeneric, type Timer } from '@millrace/core'
import { type CollectAcknowledgement, type CollectBatch, collectWindow } from './collect-event.ts'
import type { Sink, SinkWriter, SinkWriterContext } from './sink.ts'

/**
 * Gathers the records of a stream in the JobManager, where a client fetches them by the name of the
 * sink. For tests and small results: where nobody fetches, the job waits.
 *
 * ```ts
 * totals.sinkTo(new CollectSink(), { name: 'totals' })
 * ```
 */
export class CollectSink<T = unknown> implements Sink<T> {
  readonly kind = 'collect'

  createWriter(context: SinkWriterContext): SinkWriter<T> {
    return new CollectWriter(context)
  }
}

const batchRecordCount = 256
const batchBytes = 64 * 1024
const delayMsMax = 10

class CollectWriter<T> implements SinkWriter<T> {
  readonly #context: SinkWriterContext
  #batch: Uint8Array[] = []
  #batchBytes = 0
  /** Sent or about to be, and not fetched yet. */
  #recordCount = 0
  #bytes = 0
  #timer: Timer | undefined = undefined
  #unblocked: PromiseWithResolvers<void> | undefined = undefined

  constructor(context: SinkWriterContext) {
    this.#context = context
  }

  write(record: T): void {
    const bytes = encodeGeneric(record)
    this.#batch.push(bytes)
    this.#batchBytes += bytes.length
    this.#recordCount++
    this.#bytes += bytes.length
    if (this.#batch.length >= batchRecordCount || this.#batchBytes >= batchBytes) this.flush()
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
    if (this.#batch.length === 0) return
    const batch: CollectBatch = { kind: 'records', records: this.#batch }
    this.#context.sendEventToCoordinator(batch)
    this.#batch = []
    this.#batchBytes = 0
  }

  handleEvent(event: unknown): void {
    const { recordCount, bytes } = event as CollectAcknowledgement
    this.#recordCount -= recordCount
    this.#bytes -= bytes
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

  #isWindowFull(): boolean {
    const { recordCountMax, bytesMax } = collectWindow
    return this.#recordCount >= recordCountMax || this.#bytes >= bytesMax
  }
}
