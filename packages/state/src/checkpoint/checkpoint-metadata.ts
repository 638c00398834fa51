import {
  ByteReader,
  type CompletedCheckpoint,
  encodeGeneric,
  MillraceError,
  readGeneric,
} from '@millrace/core'
import { crc32 } from '../io/checksum.ts'
import { readCompletedCheckpoint } from './completed-checkpoint-fields.ts'
import { FieldMismatch } from './field-reader.ts'

// `_metadata`, all numbers little-endian:
//   8 bytes   'MRCHKPT' and a line feed
//   u32       version of the format: 2; of version 1 some fields are missing
//   u32       length of the content
//   content   the CompletedCheckpoint in the generic encoding, with the fields of its type
//   u32       CRC-32 of all bytes before it
// docs/formats.md says the same for others; golden/ has one of each version.

const magic = Buffer.from('MRCHKPT\n')
const formatVersion = 2
const headerBytes = magic.length + 8
const trailerBytes = 4

/** Bytes of a checkpoint's metadata; they have been read again to be sure. */
export function encodeCheckpointMetadata(completed: CompletedCheckpoint): Uint8Array {
  const content = encodeGeneric(completed)
  const bytes = new Uint8Array(headerBytes + content.length + trailerBytes)
  const view = new DataView(bytes.buffer)
  bytes.set(magic)
  view.setUint32(magic.length, formatVersion, true)
  view.setUint32(magic.length + 4, content.length, true)
  bytes.set(content, headerBytes)
  const crcOffset = headerBytes + content.length
  view.setUint32(crcOffset, crc32(bytes.subarray(0, crcOffset)), true)
  // A checkpoint that cannot be restored must fail now, not when it is needed.
  decodeCheckpointMetadata(bytes, `checkpoint ${completed.checkpointId} to be written`)
  return bytes
}

/**
 * What `encodeCheckpointMetadata` made. `origin` is the path of the file, for messages.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT with the place, whatever the bytes are.
 */
export function decodeCheckpointMetadata(bytes: Uint8Array, origin: string): CompletedCheckpoint {
  const fail = (reason: string): MillraceError => corruptMetadata(origin, reason)
  if (bytes.length < headerBytes + trailerBytes) throw fail(`it ends after ${bytes.length} bytes`)
  if (!magic.equals(bytes.subarray(0, magic.length))) throw fail('it does not begin as one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(magic.length, true)
  const length = view.getUint32(magic.length + 4, true)
  const crcOffset = bytes.length - trailerBytes
  if (view.getUint32(crcOffset, true) !== crc32(bytes.subarray(0, crcOffset))) {
    throw fail('its CRC-32 does not fit its bytes')
  }
  if (version < 1 || version > formatVersion) {
    const known = `this release reads versions 1 to ${formatVersion}`
    throw fail(`it has format version ${version}, and ${known}`)
  }
  if (headerBytes + length !== crcOffset) {
    throw fail(`its content should have ${length} bytes and has ${crcOffset - headerBytes}`)
  }
  try {
    const content = readContent(bytes.subarray(headerBytes, crcOffset))
    return readCompletedCheckpoint(content, version)
  } catch (error) {
    if (!(error instanceof FieldMismatch) && !(error instanceof RangeError)) throw error
    throw corruptMetadata(origin, error.message, error)
  }
}

function readContent(content: Uint8Array): unknown {
  const reader = new ByteReader(content)
  const value = readGeneric(reader)
  if (reader.position === content.length) return value
  throw new RangeError(`${content.length - reader.position} bytes follow its content`)
}

function corruptMetadata(origin: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'CHECKPOINT_CORRUPT',
    `${origin} is no whole metadata of a checkpoint: ${reason}. Restore from another checkpoint; ` +
      '`millrace checkpoint verify` says which are whole.',
    { cause, blame: 'external', disposition: 'retry', details: { path: origin } },
  )
}
