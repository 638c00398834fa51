import type { CompletedCheckpoint, StateBlob, TaskStateSnapshot } from '@millrace/core'

// Files of one job in checkpoint storage:
//   <attempt>/<checkpoint>-<sha256>   segments and blobs, named by the SHA-256 of their content
//   chk-<checkpoint>/_metadata        the completed checkpoint; see checkpoint-metadata.ts

/** A file that a checkpoint names. */
export interface CheckpointFile {
  readonly name: string
  readonly sizeBytes: number
}

/** What the name of a segment or blob says. */
export interface StateFileName {
  readonly checkpointId: number
  /** Of its content, lower-case hexadecimal. */
  readonly sha256: string
}

export function checkpointMetadataName(checkpointId: number): string {
  return `chk-${checkpointId}/_metadata`
}

/** The checkpoint of which this is the name of the metadata; undefined for any other name. */
export function checkpointIdOfMetadata(name: string): number | undefined {
  const [, digits] = /^chk-([1-9]\d{0,15})\/_metadata$/.exec(name) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** Undefined where it is no name of a segment or blob. */
export function parseStateFileName(name: string): StateFileName | undefined {
  const [, digits, sha256] = /^[^/]+\/(\d{1,16})-([0-9a-f]{64})$/.exec(name) ?? []
  if (digits === undefined || sha256 === undefined) return undefined
  return { checkpointId: Number(digits), sha256 }
}

/** Every file that a checkpoint names, its metadata excepted; one by one, however often named. */
export function filesOfCheckpoint(completed: CompletedCheckpoint): readonly CheckpointFile[] {
  const files = new Map<string, CheckpointFile>()
  for (const { subtasks } of completed.vertices) {
    for (const snapshot of subtasks) addFilesOfSnapshot(snapshot, files)
  }
  for (const { blob } of completed.coordinators) addFileOfBlob(blob, files)
  return [...files.values()]
}

/** Bytes of state that are in the metadata itself, because they are few. */
export function inlineBytesOfCheckpoint(completed: CompletedCheckpoint): number {
  const snapshots = completed.vertices.flatMap(({ subtasks }) => subtasks)
  const ofTasks = snapshots.flatMap(({ operators }) => operators.map(({ operator }) => operator))
  const ofChannels = snapshots.flatMap(({ channels }) => channels)
  return [...ofTasks, ...ofChannels, ...completed.coordinators].reduce(
    (sum, state) => sum + (state?.blob.kind === 'inline' ? state.blob.bytes.length : 0),
    0,
  )
}

/** Every file that a subtask's acknowledgement names. */
export function filesOfSnapshot(snapshot: TaskStateSnapshot): readonly CheckpointFile[] {
  const files = new Map<string, CheckpointFile>()
  addFilesOfSnapshot(snapshot, files)
  return [...files.values()]
}

function addFilesOfSnapshot(snapshot: TaskStateSnapshot, files: Map<string, CheckpointFile>): void {
  for (const { keyed, operator } of snapshot.operators) {
    for (const { name, sizeBytes } of keyed?.segments ?? []) files.set(name, { name, sizeBytes })
    if (operator !== undefined) addFileOfBlob(operator.blob, files)
  }
  for (const { blob } of snapshot.channels) addFileOfBlob(blob, files)
}

function addFileOfBlob(blob: StateBlob, files: Map<string, CheckpointFile>): void {
  if (blob.kind !== 'file') return
  files.set(blob.name, { name: blob.name, sizeBytes: blob.sizeBytes })
}
