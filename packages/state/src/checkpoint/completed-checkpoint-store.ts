import { assert, type CompletedCheckpoint } from '@millrace/core'
import { checkpointMetadataName, filesOfCheckpoint } from './checkpoint-files.ts'

// Invariants
//  - Checkpoints are retained in the order of their ids, at most `retainedCountMax` of them.
//  - A file is told to be deleted when the last one that named it gives it up, once, and never
//    while a retained checkpoint or a holder names it.
//  - The metadata of a checkpoint is told before the files it names, so that no metadata in storage
//    ever names a file that Millrace deleted.

/**
 * The retained checkpoints of a job and who still names which file. It does nothing itself: what
 * its methods return are names of files to be deleted, in this order. They may be deleted at any
 * later time: names are never used again.
 *
 * A *holder* is whoever names files beside the retained checkpoints: a pending checkpoint through
 * the acknowledgements it has, a running attempt through its latest chain, a finished task.
 */
export class CompletedCheckpointStore {
  readonly #retainedCountMax: number
  readonly #retained: CompletedCheckpoint[] = []
  readonly #holders = new Map<string, ReadonlySet<string>>()
  readonly #referenceCounts = new Map<string, number>()

  /** `recovered` are those that an earlier JobManager left, in any order, however many. */
  constructor(retainedCountMax: number, recovered: readonly CompletedCheckpoint[] = []) {
    assert(retainedCountMax >= 1, `${retainedCountMax} checkpoints cannot be retained`)
    this.#retainedCountMax = retainedCountMax
    this.#retained.push(...recovered.toSorted((a, b) => a.checkpointId - b.checkpointId))
    for (const completed of this.#retained) this.#refer(namesOf(completed))
  }

  /** Oldest first. */
  get retained(): readonly CompletedCheckpoint[] {
    return this.#retained
  }

  get latest(): CompletedCheckpoint | undefined {
    return this.#retained.at(-1)
  }

  /** Whether anybody names this file. */
  isNamed(name: string): boolean {
    return this.#referenceCounts.has(name)
  }

  /** Those in this folder that anybody names. */
  namedIn(folder: string): ReadonlySet<string> {
    const prefix = `${folder}/`
    return new Set([...this.#referenceCounts.keys()].filter((name) => name.startsWith(prefix)))
  }

  /** Retains a checkpoint whose metadata is durable, and gives up those that are too many. */
  add(completed: CompletedCheckpoint): readonly string[] {
    const { checkpointId } = completed
    const latestId = this.latest?.checkpointId ?? 0
    assert(checkpointId > latestId, `checkpoint ${checkpointId} completed after ${latestId}`)
    this.#retained.push(completed)
    this.#refer(namesOf(completed))
    const deleted: string[] = []
    while (this.#retained.length > this.#retainedCountMax) this.#giveUp(0, deleted)
    return deleted
  }

  /** Gives up one that cannot be used; nothing where it is not retained. */
  discard(checkpointId: number): readonly string[] {
    const index = this.#retained.findIndex((each) => each.checkpointId === checkpointId)
    const deleted: string[] = []
    if (index >= 0) this.#giveUp(index, deleted)
    return deleted
  }

  /** Gives up all, for a job that is over and keeps none. Holders are kept. */
  clear(): readonly string[] {
    const deleted: string[] = []
    while (this.#retained.length > 0) this.#giveUp(0, deleted)
    return deleted
  }

  /** From now on the holder names these files, and no others. */
  hold(holder: string, names: Iterable<string>): readonly string[] {
    const before = this.#holders.get(holder)
    const now = new Set(names)
    this.#holders.set(holder, now)
    this.#refer(now)
    return before === undefined ? [] : this.#release(before)
  }

  /** From now on the holder names these files too. */
  extend(holder: string, names: Iterable<string>): void {
    const held = new Set(this.#holders.get(holder))
    const added = new Set(names)
    for (const name of held) added.delete(name)
    for (const name of added) held.add(name)
    this.#holders.set(holder, held)
    this.#refer(added)
  }

  /** The holder names nothing any more; nothing happens where it is unknown. */
  release(holder: string): readonly string[] {
    const before = this.#holders.get(holder)
    if (before === undefined) return []
    this.#holders.delete(holder)
    return this.#release(before)
  }

  #giveUp(index: number, deleted: string[]): void {
    const [completed] = this.#retained.splice(index, 1)
    assert(completed !== undefined, `no checkpoint is retained at ${index}`)
    deleted.push(checkpointMetadataName(completed.checkpointId))
    deleted.push(...this.#release(namesOf(completed)))
  }

  #refer(names: Iterable<string>): void {
    for (const name of names) {
      this.#referenceCounts.set(name, (this.#referenceCounts.get(name) ?? 0) + 1)
    }
  }

  /** Returns those that nobody names any more. */
  #release(names: Iterable<string>): readonly string[] {
    const unnamed: string[] = []
    for (const name of names) {
      const count = this.#referenceCounts.get(name) ?? 0
      assert(count > 0, `${name} was released more often than it was named`)
      if (count > 1) this.#referenceCounts.set(name, count - 1)
      else {
        this.#referenceCounts.delete(name)
        unnamed.push(name)
      }
    }
    return unnamed
  }
}

function namesOf(completed: CompletedCheckpoint): readonly string[] {
  return filesOfCheckpoint(completed).map(({ name }) => name)
}
