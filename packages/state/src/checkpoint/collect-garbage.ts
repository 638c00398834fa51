import { type CheckpointStorage, type ListedFile, MillraceError } from '@millrace/core'
import { isTemporaryName } from '../storage/storage-name.ts'
import {
  checkpointIdOfMetadata,
  filesOfCheckpoint,
  parseStateFileName,
} from './checkpoint-files.ts'
import { readStoredCheckpoints, type StoredCheckpoints } from './completed-checkpoints.ts'

// What may be deleted, from files alone, while the job may be running:
//  - What an unfinished write left and is old: its writer is dead.
//  - A segment or blob that no metadata names, is old, and was written for a checkpoint not later
//    than the newest completed one: each running task's chain was acknowledged with that one, so
//    what it names not, no task will name again.
// What was written for a later checkpoint may be part of the next one. It is garbage only of a job
// that is over. Files are listed before metadata is read: what a checkpoint names that completes in
// between was written for a later one than those known here.

export interface GarbageOptions {
  /** The wall clock, milliseconds since 1970. */
  readonly nowMs: number
  /** Younger files are kept, whatever they are. */
  readonly ageMinMs: number
  /** The job runs nowhere and will not be started again but from a completed checkpoint. */
  readonly isJobOver: boolean
  /** Nothing is deleted. */
  readonly isDryRun: boolean
  /** Kept, though no metadata names them. */
  readonly keep?: ReadonlySet<string>
}

export interface GarbageCollection {
  /** Deleted, or to be deleted where it is only tried out. */
  readonly garbage: readonly ListedFile[]
  /** Named by nobody, but too young. */
  readonly young: readonly ListedFile[]
  /** Named by nobody, but perhaps by the next checkpoint of a running job. */
  readonly pending: readonly ListedFile[]
  /** No names of Millrace's. */
  readonly foreign: readonly ListedFile[]
  /** While there are any, only unfinished writes are garbage: who knows what these name. */
  readonly unreadable: StoredCheckpoints['unreadable']
  /** Garbage that could not be deleted. */
  readonly failures: readonly { readonly name: string; readonly error: MillraceError }[]
}

/** Finds the files of a job that no checkpoint names, and deletes them. */
export async function collectGarbage(
  storage: CheckpointStorage,
  options: GarbageOptions,
): Promise<GarbageCollection> {
  const files = await storage.inspect('')
  const stored = await readStoredCheckpoints(storage)
  const sorted: Sorted = { garbage: [], young: [], pending: [], foreign: [] }
  const judge = judgeOf(stored, options)
  for (const file of files) {
    const kind = judge(file)
    if (kind !== 'needed') sorted[kind].push(file)
  }
  const failures = options.isDryRun ? [] : await deleteAll(storage, sorted.garbage)
  return { ...sorted, unreadable: stored.unreadable, failures }
}

type Sorted = Record<'garbage' | 'young' | 'pending' | 'foreign', ListedFile[]>

function judgeOf(
  { completed, unreadable }: StoredCheckpoints,
  { nowMs, ageMinMs, isJobOver, keep }: GarbageOptions,
): (file: ListedFile) => keyof Sorted | 'needed' {
  const named = new Set(keep)
  for (const each of completed) for (const { name } of filesOfCheckpoint(each)) named.add(name)
  const newestId = completed.at(-1)?.checkpointId ?? 0
  return ({ name, modifiedAtMs }) => {
    if (named.has(name) || checkpointIdOfMetadata(name) !== undefined) return 'needed'
    const isTemporary = isTemporaryName(name)
    const state = parseStateFileName(name)
    if (!isTemporary && state === undefined) return 'foreign'
    if (nowMs - modifiedAtMs < ageMinMs) return 'young'
    if (isTemporary) return 'garbage'
    if (unreadable.length > 0) return 'needed'
    const isLater = state !== undefined && state.checkpointId > newestId
    return isLater && !isJobOver ? 'pending' : 'garbage'
  }
}

async function deleteAll(
  storage: CheckpointStorage,
  files: readonly ListedFile[],
): Promise<GarbageCollection['failures']> {
  const failures: { name: string; error: MillraceError }[] = []
  for (const { name } of files) {
    try {
      await storage.delete(name)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      failures.push({ name, error })
    }
  }
  return failures
}
