// Several JobManagers over one directory, each of whose file operations may come at any time after
// it was asked for: a process that is stopped for as long as one likes, at any place, and goes on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckpointStorage, type JobId, MillraceError, silentLogger } from '@millrace/core'
import fc from 'fast-check'
import { FileSystemHighAvailability } from './file-system-high-availability.ts'
import type { RecoverableJob } from './high-availability-services.ts'
import { bundleOf, jobOf, MemoryStorage } from './high-availability-test-support.ts'

/**
 * Lets one operation happen after the other, in the order that the choices say: mostly several of
 * one process in a row, while the others stand still.
 */
class Interleaving {
  readonly #choices: readonly number[]
  #used = 0
  readonly #pending: { readonly process: unknown; readonly proceed: () => void }[] = []
  #latest: unknown

  constructor(choices: readonly number[]) {
    this.#choices = choices
  }

  choose(bound: number): number {
    const choice = this.#choices[this.#used++ % this.#choices.length] ?? 0
    return choice % bound
  }

  turn(process: unknown): Promise<void> {
    return new Promise((proceed) => this.#pending.push({ process, proceed }))
  }

  async run(): Promise<void> {
    for (;;) {
      for (let i = 0; i < 20; i++) await null
      if (this.#pending.length === 0) return
      const ofLatest = this.#pending.findIndex(({ process }) => process === this.#latest)
      const goesOn = ofLatest >= 0 && this.choose(8) > 0
      const index = goesOn ? ofLatest : this.choose(this.#pending.length)
      const [next] = this.#pending.splice(index, 1)
      this.#latest = next?.process
      next?.proceed()
    }
  }
}

/** The directory as one process sees it. */
class DelayedStorage implements Pick<CheckpointStorage, 'location' | 'create' | 'read' | 'delete'> {
  readonly location = '/ha'
  readonly #files: MemoryStorage
  readonly #interleaving: Interleaving
  #operationsLeft: number

  /** After so many operations the process is dead. */
  constructor(files: MemoryStorage, interleaving: Interleaving, operationCountMax: number) {
    this.#files = files
    this.#interleaving = interleaving
    this.#operationsLeft = operationCountMax
  }

  async create(name: string, content: Uint8Array): Promise<boolean> {
    await this.#turn()
    const isFailure = this.#interleaving.choose(15) === 0
    const hasEffect = !isFailure || this.#interleaving.choose(2) === 0
    const isMade = hasEffect && (await this.#files.create(name, content))
    await this.#turn()
    if (isFailure) throw new MillraceError('FILE_WRITE_FAILED', `${name} was not written`)
    return isMade
  }

  async read(name: string): Promise<Uint8Array> {
    await this.#turn()
    return this.#files.read(name)
  }

  async delete(name: string): Promise<void> {
    await this.#turn()
    await this.#files.delete(name)
    await this.#turn()
  }

  /** What comes or goes while it is listed is listed or not. */
  async list(folder: string): Promise<readonly string[]> {
    await this.#turn()
    const before = await this.#files.list(folder)
    await this.#turn()
    const after = await this.#files.list(folder)
    return [...new Set([...before, ...after])].filter((name) => {
      const isThroughout = before.includes(name) && after.includes(name)
      return isThroughout || this.#interleaving.choose(2) === 0
    })
  }

  #turn(): Promise<void> {
    if (this.#operationsLeft-- <= 0) return new Promise(() => {})
    return this.#interleaving.turn(this)
  }
}

/** What one JobManager tried, and what of it was confirmed to it. */
interface Reign {
  readonly epoch: number
  readonly recovered: readonly RecoverableJob[]
  readonly addTried: Set<JobId>
  readonly added: Set<JobId>
  readonly removeTried: Set<JobId>
  readonly removed: Set<JobId>
  /** By job. */
  readonly checkpointsTried: Map<JobId, number[]>
  readonly checkpoints: Map<JobId, number[]>
  readonly discarded: Map<JobId, number[]>
}

type Step =
  | { readonly kind: 'add' | 'remove' | 'checkpoint'; readonly pick: number }
  | { readonly kind: 'discard'; readonly pick: number }

const directory = '/checkpoints'

let jobCount = 0

async function reign(
  services: FileSystemHighAvailability,
  steps: readonly Step[],
  reigns: Reign[],
): Promise<void> {
  const recovered = await services.open()
  const own: Reign = {
    epoch: services.epoch,
    recovered,
    addTried: new Set(),
    added: new Set(),
    removeTried: new Set(),
    removed: new Set(),
    checkpointsTried: new Map(),
    checkpoints: new Map(),
    discarded: new Map(),
  }
  reigns.push(own)
  for (const { job } of recovered) {
    const content = await services.readBundle(job.bundle.hash)
    assert.deepEqual(content, bundleOf(Number(job.config['bundle'])).content)
  }
  /** Alive, with the id of its latest checkpoint. */
  const jobs = new Map(
    recovered.map(({ job, checkpoints }) => [
      job.jobId,
      checkpoints.map(({ checkpointId }) => checkpointId),
    ]),
  )
  for (const { kind, pick } of steps) {
    try {
      if (kind === 'add') {
        const bundleIndex = pick % 3
        const job = { ...jobOf(++jobCount, bundleIndex), config: { bundle: String(bundleIndex) } }
        own.addTried.add(job.jobId)
        await services.addJob(job, bundleOf(bundleIndex).content)
        own.added.add(job.jobId)
        jobs.set(job.jobId, [])
        continue
      }
      const jobId = [...jobs.keys()][pick % Math.max(1, jobs.size)]
      const retained = jobId === undefined ? undefined : jobs.get(jobId)
      if (jobId === undefined || retained === undefined) continue
      if (kind === 'remove') {
        own.removeTried.add(jobId)
        await services.removeJob(jobId)
        own.removed.add(jobId)
        jobs.delete(jobId)
      } else if (kind === 'checkpoint') {
        const checkpointId = (retained.at(-1) ?? 0) + 1
        append(own.checkpointsTried, jobId, checkpointId)
        // Its id is used up whatever comes of it.
        retained.push(checkpointId)
        await services.addCheckpoint(jobId, { checkpointId, directory, restartCount: 0 })
        append(own.checkpoints, jobId, checkpointId)
      } else {
        const newest = own.checkpoints.get(jobId)?.at(-1) ?? 0
        const old = retained.filter((checkpointId) => checkpointId < newest)
        await services.removeCheckpoints(jobId, old)
        for (const checkpointId of old) append(own.discarded, jobId, checkpointId)
      }
    } catch (error) {
      if ((error as MillraceError).code === 'JOB_MANAGER_SUPERSEDED') throw error
      // A write that failed: another process would try again, this one goes on.
    }
  }
}

function append(lists: Map<JobId, number[]>, jobId: JobId, id: number): void {
  lists.set(jobId, [...(lists.get(jobId) ?? []), id])
}

/** What the successor has to have of what was confirmed, and may have of what was tried. */
function checkSuccession(former: Reign, next: Reign): void {
  const where = `epoch ${next.epoch} after ${former.epoch}`
  const found = new Map(next.recovered.map((each) => [each.job.jobId, each]))
  const before = new Map(former.recovered.map((each) => [each.job.jobId, each]))
  for (const jobId of [...before.keys(), ...former.added]) {
    if (!former.removeTried.has(jobId)) assert(found.has(jobId), `${where} lost job ${jobId}`)
  }
  for (const jobId of former.removed) assert(!found.has(jobId), `${where} has ended job ${jobId}`)
  for (const [jobId, { checkpoints }] of found) {
    assert(before.has(jobId) || former.addTried.has(jobId), `${where} has unknown job ${jobId}`)
    const ids = checkpoints.map(({ checkpointId }) => checkpointId)
    const begunWith = before.get(jobId)?.checkpoints.map(({ checkpointId }) => checkpointId) ?? []
    const tried = former.checkpointsTried.get(jobId) ?? []
    const confirmed = former.checkpoints.get(jobId) ?? []
    for (const id of ids) assert(begunWith.includes(id) || tried.includes(id), `${where}: ${id}`)
    const newest = Math.max(0, ...begunWith, ...confirmed)
    assert((ids.at(-1) ?? 0) >= newest, `${where} goes back: ${ids} before ${newest}`)
    for (const id of former.discarded.get(jobId) ?? []) {
      assert(!ids.includes(id), `${where} goes on from ${id}, which may be deleted`)
    }
  }
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('add', 'checkpoint', 'checkpoint', 'discard', 'remove'),
    pick: fc.nat(20),
  }) as fc.Arbitrary<Step>,
  { maxLength: 10 },
)

test('whatever JobManagers do over each other, each goes on from what the last was confirmed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ steps, operationCountMax: fc.oneof(fc.nat(80), fc.constant(100_000)) }),
        { minLength: 2, maxLength: 5 },
      ),
      fc.array(fc.nat(1000), { minLength: 50, maxLength: 400 }),
      async (processes, choices) => {
        const files = new MemoryStorage()
        const interleaving = new Interleaving(choices)
        const reigns: Reign[] = []
        const codes: unknown[] = []
        const start = (operationCountMax: number, own: readonly Step[]): void => {
          const storage = new DelayedStorage(files, interleaving, operationCountMax)
          const services = new FileSystemHighAvailability(storage, silentLogger, 'test')
          reign(services, own, reigns).catch((error) => codes.push(error.code ?? error))
        }
        for (const { operationCountMax, steps: own } of processes) start(operationCountMax, own)
        await interleaving.run()
        // Somebody who comes when all are gone, undisturbed.
        const last = new FileSystemHighAvailability(files, silentLogger, 'test')
        await reign(last, [], reigns)
        for (const code of codes) {
          assert(code === 'JOB_MANAGER_SUPERSEDED' || code === 'FILE_WRITE_FAILED', String(code))
        }
        const sorted = reigns.toSorted((left, right) => left.epoch - right.epoch)
        for (const [index, next] of sorted.entries()) {
          const former = sorted[index - 1]
          if (former === undefined) continue
          assert.notEqual(former.epoch, next.epoch)
          checkSuccession(former, next)
        }
      },
    ),
    // Making a failing case smaller takes minutes; its seed repeats it.
    { numRuns: 400, endOnFailure: true },
  )
})
