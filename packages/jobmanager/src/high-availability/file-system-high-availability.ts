import { createHash } from 'node:crypto'
import {
  assert,
  type BundleHash,
  type CheckpointStorage,
  type JobId,
  type Logger,
} from '@millrace/core'
import {
  highAvailabilityUnusable,
  isMissing,
  notAHighAvailabilityDirectory,
  otherFormat,
  superseded,
} from './high-availability-errors.ts'
import type {
  CheckpointPointer,
  HighAvailabilityServices,
  JobRecord,
  RecoverableJob,
} from './high-availability-services.ts'
import {
  bundleNameOf,
  highestEpoch,
  namesToDelete,
  readTakeover,
} from './high-availability-state.ts'
import { claimFolder, formatName, type JobFileName } from './stored-name.ts'
import {
  encodePointer,
  encodeSubmission,
  encodeTakeover,
  type StoredJob,
  storedFileInvalid,
  type Takeover,
} from './stored-record.ts'

// Invariants
//  - A file is created and, some time, deleted; never written again.
//  - What was created counts only if the epoch, read after that, was still this JobManager's: then
//    every later leader, which lists the files after its claim, sees it.
//  - Only files of an older epoch, of a job whose end counts, and pointers to checkpoints that are
//    not the newest are deleted: it does no harm when that is done much later than it was begun.
//  - One operation at a time: a bundle is not deleted while a job that runs it is being added.

/** Version of the layout in stored-name and of the records in stored-record. */
const format = 1
const claimAttemptsMax = 10

interface KnownJob extends StoredJob {
  /** Of the takeover; the rest is in files of this epoch. */
  readonly takenOver: ReadonlySet<number>
  readonly isTakenOver: boolean
}

type Storage = Pick<CheckpointStorage, 'location' | 'create' | 'read' | 'delete' | 'list'>

/**
 * High availability by files in a directory that a JobManager and its successor both see. There is
 * no standby: whoever opens it becomes the leader.
 */
export class FileSystemHighAvailability implements HighAvailabilityServices {
  readonly isEnabled = true
  readonly #storage: Storage
  readonly #logger: Logger
  /** What the claim of an epoch says of who made it, for people who look. */
  readonly #claimant: string
  readonly #jobs = new Map<JobId, KnownJob>()
  #epoch = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(storage: Storage, logger: Logger, claimant: string) {
    this.#storage = storage
    this.#logger = logger
    this.#claimant = claimant
  }

  get epoch(): number {
    assert(this.#epoch > 0, 'High availability is open before its epoch is asked for')
    return this.#epoch
  }

  async open(): Promise<readonly RecoverableJob[]> {
    try {
      return await this.#exclusively(() => this.#open())
    } catch (error) {
      throw highAvailabilityUnusable(this.#storage.location, error)
    }
  }

  addJob(job: JobRecord, bundle: Uint8Array): Promise<void> {
    const { jobId } = job
    const { hash } = job.bundle
    return this.#exclusively(async () => {
      assert(!this.#jobs.has(jobId), `Job ${jobId} is added once`)
      const known = bundleNameOf(this.#jobs.values(), hash)
      const bundleName = known ?? formatName({ kind: 'bundle', epoch: this.#epoch, hash })
      // A file of that name in this epoch is of a job whose removal was not completed.
      if (known === undefined) await this.#storage.create(bundleName, bundle)
      const stored = { job, bundleName }
      // Before it lasts, so that it can be removed whatever comes of this.
      this.#jobs.set(jobId, { ...stored, takenOver: new Set(), isTakenOver: false })
      await this.#create({ kind: 'submission', jobId }, encodeSubmission(stored))
      await this.#confirm()
    })
  }

  async readBundle(hash: BundleHash): Promise<Uint8Array> {
    const name = bundleNameOf(this.#jobs.values(), hash)
    assert(name !== undefined, `Bundle ${hash} belongs to a job that is there`)
    const content = await this.#read(name)
    if (content === undefined) {
      // A newer leader has deleted it, or nobody knows who.
      await this.#confirm()
      throw storedFileInvalid(name, 'is missing')
    }
    if (createHash('sha256').update(content).digest('hex') === hash) return content
    throw storedFileInvalid(name, 'is damaged: it has not the SHA-256 it is named by')
  }

  removeJob(jobId: JobId): Promise<void> {
    return this.#exclusively(async () => {
      const known = this.#jobs.get(jobId)
      if (known === undefined) return
      await this.#create({ kind: 'ended', jobId }, new Uint8Array())
      await this.#confirm()
      this.#jobs.delete(jobId)
      await this.#clean(() => this.#deleteEnded(jobId, known))
    })
  }

  addCheckpoint(jobId: JobId, pointer: CheckpointPointer): Promise<void> {
    const { checkpointId } = pointer
    return this.#exclusively(async () => {
      if (!this.#jobs.has(jobId)) return
      await this.#create({ kind: 'checkpoint', jobId, checkpointId }, encodePointer(pointer))
      await this.#confirm()
    })
  }

  removeCheckpoints(jobId: JobId, checkpointIds: readonly number[]): Promise<void> {
    return this.#exclusively(async () => {
      const known = this.#jobs.get(jobId)
      if (known === undefined) return
      const epoch = this.#epoch
      for (const checkpointId of checkpointIds) {
        if (known.takenOver.has(checkpointId)) {
          await this.#create({ kind: 'without', jobId, checkpointId }, new Uint8Array())
        } else {
          await this.#storage.delete(formatName({ kind: 'checkpoint', epoch, jobId, checkpointId }))
        }
      }
      await this.#confirm()
    })
  }

  confirmLeadership(): Promise<void> {
    return this.#confirm()
  }

  async #open(): Promise<readonly RecoverableJob[]> {
    await this.#checkFormat()
    this.#epoch = await this.#claim()
    const epoch = this.#epoch
    const names = await this.#storage.list('')
    const takeover = await readTakeover(epoch, names, (name) => this.#read(name))
    await this.#storage.create(formatName({ kind: 'takeover', epoch }), encodeTakeover(takeover))
    await this.#confirm()
    for (const { job, bundleName, checkpoints } of takeover.jobs) {
      const takenOver = new Set(checkpoints.map(({ checkpointId }) => checkpointId))
      this.#jobs.set(job.jobId, { job, bundleName, takenOver, isTakenOver: true })
    }
    const { location } = this.#storage
    this.#logger.info('leadership taken', { epoch, location, jobCount: takeover.jobs.length })
    await this.#clean(() => this.#deleteFormer(takeover, names))
    return takeover.jobs.map(({ bundleName, ...recoverable }) => recoverable)
  }

  async #checkFormat(): Promise<void> {
    const name = formatName({ kind: 'format' })
    const expected = `millrace high-availability ${format}\n`
    let found = await this.#read(name)
    if (found === undefined) {
      const others = await this.#storage.list('')
      if (others.length === 0) {
        await this.#storage.create(name, new TextEncoder().encode(expected))
        return
      }
      // Another JobManager may have begun at this very moment.
      found = await this.#read(name)
      if (found === undefined) {
        throw notAHighAvailabilityDirectory(this.#storage.location, others)
      }
    }
    const text = new TextDecoder().decode(found)
    if (text !== expected) throw otherFormat(this.#storage.location, { found: text, expected })
  }

  async #claim(): Promise<number> {
    const content = new TextEncoder().encode(`${this.#claimant}\n`)
    let highest = 0
    for (let attempt = 1; attempt <= claimAttemptsMax; attempt++) {
      highest = highestEpoch(await this.#storage.list(claimFolder))
      const epoch = highest + 1
      if (await this.#storage.create(formatName({ kind: 'claim', epoch }), content)) return epoch
    }
    throw superseded(this.#storage.location, { epoch: 0, highest })
  }

  /** Whoever had an epoch before has nothing to say any more: what is left of it may go. */
  async #deleteFormer(takeover: Takeover, names: readonly string[]): Promise<void> {
    for (const name of namesToDelete(takeover, names)) await this.#storage.delete(name)
  }

  async #deleteEnded(jobId: JobId, { bundleName, isTakenOver }: KnownJob): Promise<void> {
    const epoch = this.#epoch
    const ended = formatName({ kind: 'ended', epoch, jobId })
    const folder = ended.slice(0, ended.lastIndexOf('/'))
    for (const name of await this.#storage.list(folder)) {
      if (name !== ended) await this.#storage.delete(name)
    }
    const isUsed = [...this.#jobs.values()].some((each) => each.bundleName === bundleName)
    if (!isUsed) await this.#storage.delete(bundleName)
    // The takeover goes on naming a job that it began with, so its end is told until the next one.
    if (!isTakenOver) await this.#storage.delete(ended)
  }

  /** What stays by mistake takes room until the next takeover, no more. */
  async #clean(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      const { location } = this.#storage
      this.#logger.warn('clean-up of the high-availability directory failed', { location, error })
    }
  }

  /** A second try finds the file there; it is this epoch's own. */
  async #create(file: WithoutEpoch<JobFileName>, content: Uint8Array): Promise<void> {
    await this.#storage.create(formatName({ ...file, epoch: this.#epoch }), content)
  }

  async #confirm(): Promise<void> {
    const highest = highestEpoch(await this.#storage.list(claimFolder))
    if (highest === this.#epoch) return
    throw superseded(this.#storage.location, { epoch: this.#epoch, highest })
  }

  async #read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#storage.read(name)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  #exclusively<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run)
    this.#last = result.catch(() => {})
    return result
  }
}

type WithoutEpoch<Name> = Name extends { readonly epoch: number } ? Omit<Name, 'epoch'> : never
