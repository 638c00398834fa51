import {
  type FileContent,
  type FileSystem,
  type ListedFile,
  MillraceError,
  type Random,
  randomBelow,
  randomFraction,
} from '@millrace/core'
import type { Actor } from '../world/actor.ts'
import { wallClockMs } from '../world/simulated-clock.ts'
import type { Simulation } from '../world/simulation.ts'

/** Hears of all that changes on a disk, the moment it does. */
export interface DiskWatcher {
  onPut(path: string, content: Uint8Array): void
  onDelete(path: string): void
}

/** The disk of one host: outlives its processes, fills up, and may be slow. */
export class SimulatedDisk {
  readonly files: Map<string, Uint8Array> = new Map()
  readonly folders: Set<string> = new Set()
  /** When each file was written, on the wall clock. */
  readonly modifiedAtMs: Map<string, number> = new Map()
  /** Every write fails with ENOSPC. */
  isFull = false
  /** So many of all writes fail with EIO, 0 to 1. */
  failureShare = 0
  /** Added to each operation. */
  slownessMs = 0
  /**
   * A write is two operations: the content under a name that ends in `.tmp`, then its own name. A
   * process that is killed between them leaves the first, cut anywhere; one that is stopped goes on
   * with the second when it wakes, however late.
   */
  tearsWrites = false
  watcher: DiskWatcher | undefined = undefined
}

/** A disk as one process sees it. */
export class SimulatedFileSystem implements FileSystem {
  readonly #simulation: Simulation
  readonly #actor: Actor
  readonly #disk: SimulatedDisk
  readonly #random: Random

  constructor(simulation: Simulation, actor: Actor, disk: SimulatedDisk) {
    this.#simulation = simulation
    this.#actor = actor
    this.#disk = disk
    this.#random = simulation.random(`disk ${actor.name}`)
  }

  readFile(path: string): Promise<Uint8Array | undefined> {
    return this.#operate('read', () => copyOf(this.#disk.files.get(path)))
  }

  async readFileRange(
    path: string,
    offset: number,
    length: number,
  ): Promise<Uint8Array | undefined> {
    return (await this.readFile(path))?.slice(offset, offset + length)
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    const copy = content instanceof Uint8Array ? new Uint8Array(content) : await gathered(content)
    return this.#write(path, copy, () => this.#put(path, copy))
  }

  /** Where writes are torn, a process that is killed meanwhile leaves a part under this very name. */
  async writeFile(path: string, content: Uint8Array): Promise<void> {
    const copy = new Uint8Array(content)
    if (this.#disk.tearsWrites) {
      const part = copy.slice(0, randomBelow(this.#random, copy.length + 1))
      await this.#operate('write', () => {
        this.#refuseIfImpossible(path)
        this.#put(path, part)
      })
    }
    return this.#operate(
      'write',
      () => {
        this.#refuseIfImpossible(path)
        this.#put(path, copy)
      },
      this.#actor,
    )
  }

  createFileAtomically(
    path: string,
    content: Uint8Array,
    confirm?: () => Promise<void>,
  ): Promise<boolean> {
    const copy = new Uint8Array(content)
    const finish = (): boolean => {
      if (this.#disk.files.has(path)) return false
      this.#put(path, copy)
      return true
    }
    return this.#write(path, copy, finish, confirm)
  }

  /** A second name is made at once: nothing of it can be torn. */
  linkOrCopyFile(from: string, to: string): Promise<boolean> {
    return this.#operate(
      'link',
      () => {
        const content = this.#disk.files.get(from)
        if (content === undefined) return false
        this.#refuseIfImpossible(to)
        if (!this.#disk.files.has(to)) this.#put(to, content)
        return true
      },
      this.#actor,
    )
  }

  exists(path: string): Promise<boolean> {
    return this.#operate('stat', () => this.#disk.files.has(path) || this.#disk.folders.has(path))
  }

  remove(path: string): Promise<void> {
    return this.#operate('unlink', () => this.#delete(path))
  }

  list(path: string): Promise<readonly string[]> {
    return this.#operate('list', () => {
      const names = this.#namesBelow(path)
      return [...new Set(names.map((name) => name.slice(0, `${name}/`.indexOf('/'))))]
    })
  }

  listRecursively(path: string): Promise<readonly ListedFile[]> {
    return this.#operate('list', () =>
      this.#namesBelow(path).map((name) => ({
        name,
        sizeBytes: this.#disk.files.get(`${path}/${name}`)?.length ?? 0,
        modifiedAtMs: this.#disk.modifiedAtMs.get(`${path}/${name}`) ?? 0,
      })),
    )
  }

  makeDirectory(path: string): Promise<void> {
    return this.#operate('mkdir', () => {
      for (let folder = path; folder !== ''; folder = folderOf(folder)) {
        this.#disk.folders.add(folder)
      }
    })
  }

  removeDirectory(path: string): Promise<boolean> {
    return this.#operate('rmdir', () => {
      const prefix = `${path}/`
      const isEmpty = [...this.#disk.files.keys(), ...this.#disk.folders].every(
        (other) => !other.startsWith(prefix),
      )
      return isEmpty && this.#disk.folders.delete(path)
    })
  }

  async #write<Result>(
    path: string,
    content: Uint8Array,
    finish: () => Result,
    confirm?: () => Promise<void>,
  ): Promise<Result> {
    if (!this.#disk.tearsWrites && confirm === undefined) {
      return this.#operate('write', () => {
        this.#refuseIfImpossible(path)
        return finish()
      })
    }
    const temporary = `${path}.${this.#random.uint32().toString(16)}.tmp`
    const part = content.slice(0, randomBelow(this.#random, content.length + 1))
    const rename = (): Result => {
      const isThere = this.#disk.files.has(temporary)
      this.#delete(temporary)
      this.#refuseIfImpossible(path)
      if (!isThere) throw failedWrite(path, 'ENOENT', 'no such file or directory')
      return finish()
    }
    await this.#operate('write', () => {
      this.#refuseIfImpossible(path)
      this.#put(temporary, part)
    })
    try {
      await confirm?.()
    } catch (error) {
      await this.#operate('unlink', () => this.#delete(temporary))
      throw error
    }
    return this.#operate('rename', rename, this.#actor)
  }

  #refuseIfImpossible(path: string): void {
    const { isFull, failureShare } = this.#disk
    if (isFull) throw failedWrite(path, 'ENOSPC', 'no space left on device')
    if (failureShare > 0 && randomFraction(this.#random) < failureShare) {
      throw failedWrite(path, 'EIO', 'i/o error')
    }
    if (this.#disk.folders.has(folderOf(path))) return
    throw failedWrite(path, 'ENOENT', 'no such file or directory')
  }

  #put(path: string, content: Uint8Array): void {
    this.#disk.files.set(path, content)
    this.#disk.modifiedAtMs.set(path, wallClockMs(this.#simulation.nowMs))
    this.#disk.watcher?.onPut(path, content)
  }

  #delete(path: string): void {
    this.#disk.modifiedAtMs.delete(path)
    if (this.#disk.files.delete(path)) this.#disk.watcher?.onDelete(path)
  }

  #namesBelow(path: string): readonly string[] {
    const prefix = `${path}/`
    return [...this.#disk.files.keys()]
      .filter((file) => file.startsWith(prefix))
      .map((file) => file.slice(prefix.length))
  }

  /** Done by the world, it happens even if the process dies before it hears of it. */
  #operate<Result>(
    label: string,
    operate: () => Result,
    by: Actor = this.#simulation.world,
  ): Promise<Result> {
    const delayMs = 0.05 + randomFraction(this.#random) + this.#disk.slownessMs
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#simulation.schedule(by, delayMs, label, () => {
      let settle: () => void
      try {
        const result = operate()
        settle = () => resolve(result)
      } catch (error) {
        settle = () => reject(error)
      }
      this.#simulation.schedule(this.#actor, 0, `${label} done`, settle)
    })
    return promise
  }
}

function failedWrite(path: string, code: string, reason: string): MillraceError {
  return new MillraceError('FILE_WRITE_FAILED', `${path} could not be written: ${reason}.`, {
    cause: Object.assign(new Error(`${code}: ${reason}, write '${path}'`), { code }),
    blame: 'external',
    disposition: 'retry',
    details: { path },
  })
}

function copyOf(content: Uint8Array | undefined): Uint8Array | undefined {
  return content === undefined ? undefined : new Uint8Array(content)
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(new Uint8Array(piece))
  return Buffer.concat(all)
}
