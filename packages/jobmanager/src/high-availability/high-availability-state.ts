import type { BundleHash, JobId } from '@millrace/core'
import type { CheckpointPointer } from './high-availability-services.ts'
import { formatName, parseName, type StoredName } from './stored-name.ts'
import {
  decodePointer,
  decodeSubmission,
  decodeTakeover,
  type StoredJob,
  type Takeover,
} from './stored-record.ts'

// What the files of a high-availability directory say.
//
// Invariants
//  - Only the newest takeover counts, and files of its own epoch: what an epoch without a takeover
//    wrote, or one that is older than the newest takeover, is void.
//  - A job is there iff the takeover names it or it was submitted in that epoch, and it did not end
//    in it.
//  - Files are only added to that state by the leader of its epoch; the next takeover fixes it.

export type ReadFile = (name: string) => Promise<Uint8Array | undefined>

/** The highest epoch that was claimed; 0 where none was. */
export function highestEpoch(names: readonly string[]): number {
  return names.reduce((highest, name) => {
    const stored = parseName(name)
    return stored?.kind === 'claim' ? Math.max(highest, stored.epoch) : highest
  }, 0)
}

/** What the leader of `epoch` takes over. `names` were listed after it claimed the epoch. */
export async function readTakeover(
  epoch: number,
  names: readonly string[],
  readFile: ReadFile,
): Promise<Takeover> {
  const stored = names.map(parseName).filter((each) => each !== undefined)
  const former = newestTakeover(stored, epoch)
  if (former === undefined) return { epoch, jobs: [] }
  const ofFormer = stored.filter((each) => 'epoch' in each && each.epoch === former)
  const ended = new Set(ofFormer.flatMap((each) => (each.kind === 'ended' ? [each.jobId] : [])))
  const jobs = await readJobs(former, ofFormer, readFile)
  const alive = jobs.filter(({ job }) => !ended.has(job.jobId))
  return {
    epoch,
    jobs: await Promise.all(
      alive.map(async (job) => {
        const { jobId } = job.job
        const checkpoints = await readPointers(jobId, job.checkpoints, ofFormer, readFile)
        const counts = checkpoints.map(({ restartCount }) => restartCount)
        return { ...job, checkpoints, restartCount: Math.max(job.restartCount, ...counts) + 1 }
      }),
    ),
  }
}

/**
 * Names that nothing needs once this takeover counts: they can be deleted by its leader. Claims of
 * higher epochs and what is written under them stay.
 */
export function namesToDelete(takeover: Takeover, names: readonly string[]): readonly string[] {
  const bundleNames = new Set(takeover.jobs.map(({ bundleName }) => bundleName))
  return names.filter((name) => {
    const stored = parseName(name)
    if (stored === undefined || !('epoch' in stored)) return false
    return stored.epoch < takeover.epoch && !bundleNames.has(name)
  })
}

function newestTakeover(stored: readonly StoredName[], before: number): number | undefined {
  const epochs = stored.flatMap((each) => (each.kind === 'takeover' ? [each.epoch] : []))
  const older = epochs.filter((each) => each < before)
  return older.length === 0 ? undefined : Math.max(...older)
}

/** Those of the takeover, then those submitted since, ended ones included. */
async function readJobs(
  epoch: number,
  stored: readonly StoredName[],
  readFile: ReadFile,
): Promise<Takeover['jobs']> {
  const name = formatName({ kind: 'takeover', epoch })
  const content = await readFile(name)
  const recovered = content === undefined ? [] : decodeTakeover(name, content).jobs
  const submitted: StoredJob[] = []
  for (const each of stored) {
    if (each.kind !== 'submission') continue
    const submission = formatName(each)
    const bytes = await readFile(submission)
    // Deleted since it was listed: it had ended.
    if (bytes !== undefined) submitted.push(decodeSubmission(submission, bytes))
  }
  submitted.sort((left, right) => left.job.submittedAtMs - right.job.submittedAtMs)
  return [...recovered, ...submitted.map((job) => ({ ...job, checkpoints: [], restartCount: 0 }))]
}

/** By ascending id. */
async function readPointers(
  jobId: JobId,
  recovered: readonly CheckpointPointer[],
  stored: readonly StoredName[],
  readFile: ReadFile,
): Promise<readonly CheckpointPointer[]> {
  const removed = new Set<number>()
  const pointers: CheckpointPointer[] = []
  for (const each of stored) {
    if (each.kind === 'without' && each.jobId === jobId) removed.add(each.checkpointId)
    if (each.kind !== 'checkpoint' || each.jobId !== jobId) continue
    const name = formatName(each)
    const content = await readFile(name)
    if (content !== undefined) pointers.push(decodePointer(name, content))
  }
  return [...recovered.filter(({ checkpointId }) => !removed.has(checkpointId)), ...pointers].sort(
    (left, right) => left.checkpointId - right.checkpointId,
  )
}

/** Where the bundle of one of these jobs is. */
export function bundleNameOf(jobs: Iterable<StoredJob>, hash: BundleHash): string | undefined {
  for (const { job, bundleName } of jobs) if (job.bundle.hash === hash) return bundleName
  return undefined
}
