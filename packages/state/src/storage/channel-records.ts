import { ByteReader, type ChannelStateHandle, readGeneric } from '@millrace/core'

/**
 * The records of a channel, out of the bytes of its blob. Throws a RangeError where these are not
 * so many records as the handle says, or more than that.
 */
export function readChannelRecords(
  { offset, sizeBytes, recordCount }: ChannelStateHandle,
  blob: Uint8Array,
): readonly unknown[] {
  const end = offset + sizeBytes
  if (end > blob.length) throw new RangeError(`it ends after ${blob.length} bytes of ${end}`)
  const reader = new ByteReader(blob.subarray(0, end), offset)
  const records: unknown[] = []
  for (let count = 0; count < recordCount; count++) records.push(readGeneric(reader))
  if (reader.position === end) return records
  throw new RangeError(`${end - reader.position} bytes follow its ${recordCount} records`)
}
