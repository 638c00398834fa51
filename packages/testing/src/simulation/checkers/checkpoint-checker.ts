import { createHash } from 'node:crypto'
import type { CompletedCheckpoint } from '@millrace/core'
import {
  checkpointIdOfMetadata,
  decodeCheckpointMetadata,
  filesOfCheckpoint,
  parseStateFileName,
} from '@millrace/state'
import type { SimulatedDisk } from '../edge/simulated-file-system.ts'
import { checkpointDirectory } from '../jobs/simulated-job.ts'
import type { Simulation } from '../world/simulation.ts'
import { Checker } from './checker.ts'

/** A checkpoint whose metadata was written. */
interface Written {
  readonly jobName: string
  /** Paths of all it needs, its metadata included. */
  readonly paths: readonly string[]
  readonly transactionIds: ReadonlySet<string>
}

interface Job {
  readonly written: Map<number, Written>
  /** Those that a JobManager remembers, and is to go on from: ids, ascending. */
  retained: number[]
  latestId: number
  completedCount: number
  hasEnded: boolean
}

const transactionPattern = /tx:[^:;]+:\d+;/g

// Invariants
//  - A file of state holds what its name says, from the moment it has the name.
//  - A checkpoint that a JobManager remembers has its metadata and every file it names, with its
//    size, for as long as it is remembered; then only if enough newer ones are, or the job is over.
//  - No metadata names a file that was deleted, whether it counts or not: people look at it too.
//  - A savepoint has every file it names, from the moment its metadata is there until that is
//    deleted.
//  - Ids of the checkpoints of a job that are remembered grow, whichever JobManager does it.

/**
 * Looks at the disk of checkpoint storage and at the one of high availability, where the pointer to
 * a checkpoint is what makes it count.
 */
export class CheckpointChecker extends Checker {
  readonly #storage: SimulatedDisk
  readonly #retainedCountOf: (jobName: string) => number
  readonly #jobs = new Map<string, Job>()
  /** Those that files of state hold, by path; most hold none. */
  readonly #idsInFiles = new Map<string, readonly string[]>()
  readonly #completedTransactions = new Set<string>()
  #epoch = 0
  #completedCount = 0
  #savepointCount = 0

  constructor(
    simulation: Simulation,
    disks: { readonly storage: SimulatedDisk; readonly highAvailability: SimulatedDisk },
    retainedCountOf: (jobName: string) => number,
  ) {
    super(simulation)
    this.#storage = disks.storage
    this.#retainedCountOf = retainedCountOf
    disks.storage.watcher = {
      onPut: (path, content) => this.#onStored(path, content),
      onDelete: (path) => this.#onDeleted(path),
    }
    disks.highAvailability.watcher = {
      onPut: (path) => this.#onRemembered(path),
      onDelete: (path) => this.#onForgotten(path),
    }
  }

  get completedCount(): number {
    return this.#completedCount
  }

  /** Savepoints that were complete, whatever became of them. */
  get savepointCount(): number {
    return this.#savepointCount
  }

  /** Whether a checkpoint that counts holds the id of this transaction. */
  holds(transactionId: string): boolean {
    return this.#completedTransactions.has(transactionId)
  }

  /** Files of jobs that nothing names. */
  garbage(): readonly string[] {
    const named = new Set<string>()
    for (const [jobId, { written }] of this.#jobs) {
      for (const [id, { paths }] of written) {
        if (!this.#storage.files.has(metadataPath(jobId, id))) continue
        for (const path of paths) named.add(path)
      }
    }
    const isBelow = (path: string): boolean => path.startsWith(`${checkpointDirectory}/`)
    return [...this.#storage.files.keys()].filter((path) => isBelow(path) && !named.has(path))
  }

  /** How many checkpoints of a job ever counted. */
  completedCountOf(jobName: string): number {
    let count = 0
    for (const { written, completedCount } of this.#jobs.values()) {
      if ([...written.values()].some((each) => each.jobName === jobName)) count += completedCount
    }
    return count
  }

  /** How many checkpoints of a job are in storage, whoever remembers them. */
  storedCountOf(jobName: string): number {
    let count = 0
    for (const [jobId, { written }] of this.#jobs) {
      for (const [id, each] of written) {
        if (each.jobName !== jobName) continue
        if (this.#storage.files.has(metadataPath(jobId, id))) count++
      }
    }
    return count
  }

  #onStored(path: string, content: Uint8Array): void {
    const [, savepoint] = /^(\/savepoints\/[^/]+)\/_metadata$/.exec(path) ?? []
    if (savepoint !== undefined)
      this.#onSavepoint(savepoint, decodeCheckpointMetadata(content, path))
    const [, jobId, name] = /^\/checkpoints\/([^/]+)\/(.+)$/.exec(path) ?? []
    if (jobId === undefined || name === undefined || name.endsWith('.tmp')) return
    const ids = Buffer.from(content).toString('latin1').match(transactionPattern) ?? []
    const checkpointId = checkpointIdOfMetadata(name)
    if (checkpointId !== undefined) {
      this.#onMetadata(jobId, path, content, ids)
      return
    }
    if (ids.length > 0) this.#idsInFiles.set(path, ids)
    const sha256 = createHash('sha256').update(content).digest('hex')
    if (parseStateFileName(name)?.sha256 === sha256) return
    // What a JobManager writes to see whether it can, and deletes again.
    if (name === 'probe' && content.length <= 1) return
    this.violate('state-file-holds-what-it-says', `${path} holds bytes of hash ${sha256}`)
  }

  #onSavepoint(folder: string, completed: CompletedCheckpoint): void {
    this.#savepointCount++
    for (const { name, sizeBytes } of filesOfCheckpoint(completed)) {
      if (this.#storage.files.get(`${folder}/${name}`)?.length === sizeBytes) continue
      this.violate(
        'savepoint-is-whole',
        `${folder} names ${name}, which is not there as it is to be`,
      )
    }
  }

  #onMetadata(jobId: string, path: string, content: Uint8Array, ids: readonly string[]): void {
    const completed = decodeCheckpointMetadata(content, path)
    const files = filesOfCheckpoint(completed)
    const paths = files.map(({ name }) => `${checkpointDirectory}/${jobId}/${name}`)
    const inFiles = paths.flatMap((each) => this.#idsInFiles.get(each) ?? [])
    for (const { name, sizeBytes } of files) {
      const size = this.#storage.files.get(`${checkpointDirectory}/${jobId}/${name}`)?.length
      if (size === sizeBytes) continue
      const found = size === undefined ? 'is not there' : `has ${size} bytes`
      this.violate('checkpoint-is-whole', `${path} names ${name}, which ${found}`)
    }
    this.#jobOf(jobId).written.set(completed.checkpointId, {
      jobName: completed.jobName,
      paths: [path, ...paths],
      transactionIds: new Set([...ids, ...inFiles]),
    })
  }

  #onDeleted(path: string): void {
    const [, savepoint, file] = /^(\/savepoints\/[^/]+)\/(.+)$/.exec(path) ?? []
    const isOfWhole = file !== '_metadata' && this.#storage.files.has(`${savepoint}/_metadata`)
    if (isOfWhole && file?.endsWith('.tmp') === false) {
      this.violate('savepoint-is-whole', `${path} was deleted, and not the metadata first`)
    }
    const [, jobId] = /^\/checkpoints\/([^/]+)\//.exec(path) ?? []
    const job = jobId === undefined ? undefined : this.#jobs.get(jobId)
    if (jobId === undefined || job === undefined) return
    for (const [id, { paths }] of job.written) {
      if (!paths.includes(path)) continue
      if (job.retained.includes(id)) {
        const what = `${path} was deleted; checkpoint ${id} names it`
        this.violate('retained-checkpoint-is-kept', what)
      } else if (this.#storage.files.has(metadataPath(jobId, id))) {
        const what = `${path} was deleted, and not the metadata of ${id}, which names it`
        this.violate('metadata-names-no-deleted-file', what)
      }
    }
  }

  #onRemembered(path: string): void {
    const [, claimed] = /^\/ha\/epochs\/(\d+)$/.exec(path) ?? []
    if (claimed !== undefined) {
      this.#onClaimed(Number(claimed))
      return
    }
    const [, epoch, jobId, kind, id] =
      /^\/ha\/(\d+)\/jobs\/([^/]+)\/(ended|checkpoint|without)(?:-(\d+))?$/.exec(path) ?? []
    if (jobId === undefined || Number(epoch) !== this.#epoch) return
    const job = this.#jobOf(jobId)
    if (kind === 'ended') {
      job.hasEnded = true
      job.retained = []
    } else if (kind === 'checkpoint') this.#onCompleted(job, jobId, Number(id))
    else this.#giveUp(job, jobId, Number(id))
  }

  /** Who follows reads what counts then; of older ones some may be struck out already. */
  #onClaimed(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch)
    for (const job of this.#jobs.values()) job.retained = job.retained.slice(-1)
  }

  #onCompleted(job: Job, jobId: string, id: number): void {
    const written = job.written.get(id)
    const missing = written?.paths.find((path) => !this.#storage.files.has(path))
    if (written === undefined || missing !== undefined) {
      const what = missing ?? metadataPath(jobId, id)
      this.violate('checkpoint-is-whole', `checkpoint ${id} counts now, and ${what} is not there`)
      return
    }
    if (id <= job.latestId) {
      this.violate('checkpoint-ids-grow', `checkpoint ${id} of ${jobId} came after ${job.latestId}`)
    }
    if (job.hasEnded) this.violate('no-checkpoint-after-the-end', `checkpoint ${id} of ${jobId}`)
    job.latestId = id
    job.retained.push(id)
    job.completedCount++
    this.#completedCount++
    for (const each of written.transactionIds) this.#completedTransactions.add(each)
  }

  #onForgotten(path: string): void {
    const [, epoch, jobId, id] = /^\/ha\/(\d+)\/jobs\/([^/]+)\/checkpoint-(\d+)$/.exec(path) ?? []
    // One of an earlier epoch is deleted when the takeover holds it.
    if (jobId === undefined || Number(epoch) !== this.#epoch) return
    this.#giveUp(this.#jobOf(jobId), jobId, Number(id))
  }

  #giveUp(job: Job, jobId: string, id: number): void {
    if (!job.retained.includes(id)) return
    job.retained = job.retained.filter((each) => each !== id)
    const jobName = job.written.get(id)?.jobName ?? ''
    const newer = job.retained.filter((each) => each > id).length
    if (newer >= this.#retainedCountOf(jobName)) return
    this.violate(
      'retained-checkpoint-is-kept',
      `checkpoint ${id} of ${jobId} was given up, with ${newer} newer ones`,
    )
  }

  #jobOf(jobId: string): Job {
    const known = this.#jobs.get(jobId)
    if (known !== undefined) return known
    const job: Job = {
      written: new Map(),
      retained: [],
      latestId: 0,
      completedCount: 0,
      hasEnded: false,
    }
    this.#jobs.set(jobId, job)
    return job
  }
}

function metadataPath(jobId: string, checkpointId: number): string {
  return `${checkpointDirectory}/${jobId}/chk-${checkpointId}/_metadata`
}
