import {
  ByteReader,
  ByteWriter,
  type ChannelRestore,
  hashKey,
  type KeyGroupRange,
  keyGroupOf,
  MillraceError,
  readGeneric,
} from '@millrace/core'
import { type RestoreSource, readStateBlob } from '@millrace/state'
import type { ChannelStateCollector } from '../../network/channel-recording.ts'
import type { ProcessRecord } from '../../network/local-subpartition.ts'

/** A channel's records as they were saved. */
export interface RestoredChannel {
  readonly restore: ChannelRestore
  readonly bytes: Uint8Array
}

/** Where the records of an edge go. */
export interface RecoveredInput {
  readonly process: ProcessRecord
  /** undefined: the edge is not keyed. */
  readonly keyOf: ((value: unknown) => unknown) | undefined
}

/** Reads each file once, however many channels are in it. */
export async function readChannelState(
  channels: readonly ChannelRestore[],
  source: RestoreSource,
): Promise<readonly RestoredChannel[]> {
  const files = new Map<string, Uint8Array>()
  const restored: RestoredChannel[] = []
  for (const restore of channels) {
    const { blob, offset, sizeBytes } = restore.handle
    const name = blob.kind === 'file' ? blob.name : undefined
    const known = name === undefined ? undefined : files.get(name)
    const bytes = known ?? (await readStateBlob(source, blob))
    if (name !== undefined) files.set(name, bytes)
    restored.push({ restore, bytes: bytes.slice(offset, offset + sizeBytes) })
  }
  return restored
}

interface RecoveredChannel {
  readonly edgeIndex: number
  readonly producerSubtask: number
  readonly input: RecoveredInput
  readonly reader: ByteReader
  recordsLeft: number
}

/**
 * Records that were on their way to the task when the checkpoint it begins with was taken. They are
 * processed before anything else comes, and are part of the next unaligned checkpoint as long as
 * they have not been.
 */
export class RecoveredChannels {
  /** Those that have records left; the first is read. */
  readonly #channels: RecoveredChannel[]
  #recordsRead = 0

  /** Of channels that are shared, what has a key of `own` is kept. */
  constructor(
    restored: readonly RestoredChannel[],
    own: KeyGroupRange,
    inputOf: (edgeIndex: number) => RecoveredInput,
  ) {
    const channels = restored.map(({ restore, bytes }): RecoveredChannel => {
      const { edgeIndex, handle, isShared } = restore
      const { producerSubtask, recordCount } = handle
      const input = inputOf(edgeIndex)
      const place = { edgeIndex, producerSubtask, input }
      if (!isShared) return { ...place, reader: new ByteReader(bytes), recordsLeft: recordCount }
      const kept = keysOf(bytes, recordCount, own, input)
      return { ...place, reader: new ByteReader(kept.bytes), recordsLeft: kept.recordCount }
    })
    this.#channels = channels.filter(({ recordsLeft }) => recordsLeft > 0)
  }

  get isPending(): boolean {
    return this.#channels.length > 0
  }

  get recordsRead(): number {
    return this.#recordsRead
  }

  /** Processes records until `mayProceed` says no. Returns how many. */
  read(mayProceed: { readonly suspended: boolean }, countMax: number): number {
    let count = 0
    for (let [first] = this.#channels; first !== undefined; [first] = this.#channels) {
      const { process, keyOf } = first.input
      while (first.recordsLeft > 0 && count < countMax && !mayProceed.suspended) {
        const value = readGeneric(first.reader)
        first.recordsLeft--
        this.#recordsRead++
        count++
        if (keyOf === undefined) {
          process(value, undefined, 0)
        } else {
          const key = keyOf(value)
          process(value, key, hashKey(key))
        }
      }
      if (first.recordsLeft > 0) break
      this.#channels.shift()
    }
    return count
  }

  /** What is left belongs to a checkpoint as well. */
  record(state: ChannelStateCollector, consumerSubtask: number): void {
    for (const { edgeIndex, producerSubtask, reader, recordsLeft } of this.#channels) {
      const place = { edgeIndex, producerSubtask, consumerSubtask, end: 'received' } as const
      const recording = state.record(place)
      recording.addEncoded(reader.bytes.subarray(reader.position), recordsLeft)
      recording.end()
    }
  }
}

/** The records whose keys are in these key groups. */
function keysOf(
  bytes: Uint8Array,
  recordCount: number,
  { start, end }: KeyGroupRange,
  { keyOf }: RecoveredInput,
): { readonly bytes: Uint8Array; readonly recordCount: number } {
  if (keyOf === undefined) {
    throw new MillraceError('INTERNAL_ERROR', 'Channel state is shared over an edge without keys.')
  }
  const reader = new ByteReader(bytes)
  const kept = new ByteWriter(0)
  let keptCount = 0
  for (let count = 0; count < recordCount; count++) {
    const from = reader.position
    const keyGroup = keyGroupOf(hashKey(keyOf(readGeneric(reader))))
    if (keyGroup < start || keyGroup >= end) continue
    const record = bytes.subarray(from, reader.position)
    kept.reserve(record.length)
    kept.bytes.set(record, kept.position)
    kept.position += record.length
    keptCount++
  }
  return { bytes: kept.toBytes(), recordCount: keptCount }
}
