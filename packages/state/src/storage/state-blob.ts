import { type CheckpointStorage, MillraceError, type StateBlob } from '@millrace/core'
import { Sha256 } from '../io/checksum.ts'
import type { RestoreSource } from '../snapshot/restore-source.ts'

/**
 * Bytes that are part of a checkpoint: inline where they are few, else in a file of their own,
 * whose name `<folder>/<checkpointId>-<sha256>` is what a reader verifies it by.
 */
export async function writeStateBlob(
  storage: Pick<CheckpointStorage, 'write'>,
  place: {
    readonly folder: string
    readonly checkpointId: number
    readonly inlineSizeMaxBytes: number
  },
  bytes: Uint8Array,
): Promise<StateBlob> {
  if (bytes.length <= place.inlineSizeMaxBytes) return { kind: 'inline', bytes }
  const name = `${place.folder}/${place.checkpointId}-${sha256(bytes)}`
  await storage.write(name, bytes)
  return { kind: 'file', name, sizeBytes: bytes.length }
}

/**
 * Rejects with CHECKPOINT_CORRUPT where the file is not what was written, or is gone; with
 * FILE_READ_FAILED where it cannot be read now.
 */
export async function readStateBlob(storage: RestoreSource, blob: StateBlob): Promise<Uint8Array> {
  if (blob.kind === 'inline') return blob.bytes
  const bytes = await storage.read(blob.name).catch((error: unknown) => {
    const isMissing = error instanceof MillraceError && error.code === 'FILE_NOT_FOUND'
    throw isMissing ? corrupt(storage, blob.name, 'it is not there', error) : error
  })
  checkStateBlob(storage, blob, bytes)
  return bytes
}

/** Throws CHECKPOINT_CORRUPT where these bytes of its file are not what was written. */
export function checkStateBlob(
  storage: Pick<CheckpointStorage, 'location'>,
  { name, sizeBytes }: Extract<StateBlob, { readonly kind: 'file' }>,
  bytes: Uint8Array,
): void {
  if (bytes.length !== sizeBytes) {
    throw corrupt(storage, name, `it has ${bytes.length} bytes instead of ${sizeBytes}`)
  }
  if (!name.endsWith(`-${sha256(bytes)}`)) throw corrupt(storage, name, 'its content has changed')
}

function sha256(bytes: Uint8Array): string {
  const hash = new Sha256()
  hash.update(bytes)
  return hash.digest()
}

function corrupt(
  storage: Pick<CheckpointStorage, 'location'>,
  name: string,
  reason: string,
  cause?: unknown,
): MillraceError {
  return new MillraceError(
    'CHECKPOINT_CORRUPT',
    `${storage.location}/${name} is not the state that was saved: ${reason}. An earlier ` +
      'checkpoint is restored if one is retained; check the disk.',
    {
      cause,
      blame: 'external',
      disposition: 'retry',
      details: { path: `${storage.location}/${name}` },
    },
  )
}
