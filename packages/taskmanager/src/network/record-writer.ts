import {
  type ChannelCount,
  type CheckpointPurpose,
  frameHeaderBytes,
  MillraceError,
  type Random,
  type RowEncoding,
  type RowWriter,
  randomBelow,
} from '@millrace/core'
import type { ChannelStateCollector, RecordedPlace } from './channel-recording.ts'
import type { LocalSubpartition } from './local-subpartition.ts'
import type { ResultPartition } from './result-partition.ts'
import { RowTranscoder } from './row-transcoder.ts'

/** What generated code calls for a record that leaves the slot. */
export interface ChannelWriter {
  write(value: unknown, key: unknown, hash: number): void
}

/**
 * Writes the records of one task to one edge. The choice of the channel stands in the generated
 * code of the chain, which reads the public fields; the rest of it is here.
 */
export class RecordWriter {
  readonly partition: ResultPartition
  readonly channelCount: number
  /** By channel; the local channel's is never called. */
  readonly writers: ChannelWriter[]
  /** The channel that stays in the slot, or -1. */
  localIndex = -1
  local: LocalSubpartition | undefined = undefined
  /** The channel of the next record, where they are dealt out in turn. */
  next: number
  readonly #encoding: RowEncoding
  readonly #random: Random
  readonly #rowWriters: RowWriter[] = []
  /** Made when first needed. */
  #transcoder: RowTranscoder | undefined
  /** Through the writers that are no more. */
  #recordsAtClose = 0

  constructor(
    partition: ResultPartition,
    channelCount: number,
    encoding: RowEncoding,
    random: Random,
  ) {
    this.partition = partition
    this.channelCount = channelCount
    this.#encoding = encoding
    this.#random = random
    this.writers = new Array(channelCount).fill(noWriter)
    // Producers begin with different channels, so that few records spread as well.
    this.next = channelCount === 0 ? 0 : partition.producerSubtask % channelCount
  }

  randomChannel(): number {
    return randomBelow(this.#random, this.channelCount)
  }

  /** Every consumer has asked for its subpartition: records may be written from here on. */
  start(): void {
    const { local, localIndex, remotes } = this.partition
    this.local = local
    this.localIndex = localIndex
    remotes.forEach((remote, index) => {
      if (remote === undefined) return
      const writer = this.#encoding.createWriter(remote)
      this.#rowWriters[index] = writer
      this.writers[index] = writer
    })
  }

  /**
   * Sends frames that are not full, where they can leave. Those that would only wait for credit
   * stay to be filled: otherwise a slow receiver would be sent ever smaller frames.
   */
  flush(): void {
    const { remotes } = this.partition
    for (let index = 0; index < remotes.length; index++) {
      if (remotes[index]?.canSend === true) this.#rowWriters[index]?.flush()
    }
  }

  /** Into every channel, behind all that was written; it leaves at once, where it can. */
  barrier(checkpointId: number, purpose: CheckpointPurpose): void {
    this.partition.passBarrier(() => {
      for (const writer of this.#rowWriters) {
        writer?.writeBarrier(checkpointId, purpose)
        writer?.flush()
      }
    })
    this.local?.barrier(checkpointId, purpose)
  }

  /**
   * The barrier goes before all that waits in the channels; what it overtakes becomes part of the
   * checkpoint. `isWritten`: it stands behind that already, and only has not left.
   */
  overtake(checkpointId: number, isWritten: boolean, state: ChannelStateCollector): void {
    const { partition, local } = this
    if (!isWritten) {
      partition.passBarrier(() => {
        for (const writer of this.#rowWriters) writer?.flush()
      })
    }
    const { edgeIndex, producerSubtask } = partition
    const placeOf = (index: number): RecordedPlace => {
      const consumerSubtask = partition.consumerOf(index)
      return { edgeIndex, producerSubtask, consumerSubtask, end: 'sent' }
    }
    partition.remotes.forEach((remote, index) => {
      const frames = remote?.overtake(checkpointId, isWritten) ?? []
      if (frames.length === 0) return
      this.#transcoder ??= new RowTranscoder()
      const recording = state.record(placeOf(index))
      recording.readWith(this.#transcoder, this.#encoding.shapeRows)
      for (const frame of frames) recording.addFrame(frame, frameHeaderBytes, 0)
      recording.end()
    })
    const records = local?.overtake(checkpointId, isWritten) ?? []
    if (records.length === 0) return
    const recording = state.record(placeOf(partition.localIndex))
    for (const record of records) recording.addRecord(record)
    recording.end()
  }

  /** No record follows. */
  end(): void {
    for (const writer of this.#rowWriters) {
      writer?.writeEndOfData()
      writer?.flush()
    }
    this.partition.end()
  }

  get recordsWritten(): number {
    let records = (this.local?.records ?? 0) + this.#recordsAtClose
    for (const writer of this.#rowWriters) records += writer?.recordCount ?? 0
    return records
  }

  channelCounts(): readonly ChannelCount[] {
    return this.partition.channelCounts((index) => this.#rowWriters[index]?.recordCount ?? 0)
  }

  /** The task is over. What user code still emits, from a timer it left behind, is refused. */
  close(): void {
    this.writers.fill(closedWriter)
    this.localIndex = -1
    for (const writer of this.#rowWriters) this.#recordsAtClose += writer?.recordCount ?? 0
    this.#rowWriters.length = 0
    this.partition.release()
  }
}

const noWriter: ChannelWriter = {
  write: () => {
    throw new MillraceError('INTERNAL_ERROR', 'A record was written before the task ran.')
  },
}

const closedWriter: ChannelWriter = {
  write: () => {
    throw new MillraceError(
      'USER_FUNCTION_FAILED',
      'A record was emitted after its task had ended. Clear timers and drop promises in close().',
      { blame: 'user' },
    )
  },
}
