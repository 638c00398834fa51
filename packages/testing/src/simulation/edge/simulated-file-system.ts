import { type FileContent, type FileSystem, type Random, randomFraction } from '@millrace/core'
import type { Actor } from '../world/actor.ts'
import type { Simulation } from '../world/simulation.ts'

/** The disk of one host: outlives its processes, fills up, and may be slow. */
export class SimulatedDisk {
  readonly files: Map<string, Uint8Array> = new Map()
  /** Every write fails with ENOSPC. */
  isFull = false
  /** Added to each operation. */
  slownessMs = 0
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
    return this.#operate('read', () => this.#disk.files.get(path)?.slice())
  }

  async writeFileAtomically(path: string, content: FileContent): Promise<void> {
    const copy = content instanceof Uint8Array ? content.slice() : await gathered(content)
    return this.#operate('write', () => {
      if (this.#disk.isFull) {
        throw Object.assign(new Error(`ENOSPC: no space left on device, write '${path}'`), {
          code: 'ENOSPC',
        })
      }
      this.#disk.files.set(path, copy)
    })
  }

  exists(path: string): Promise<boolean> {
    return this.#operate('stat', () => this.#disk.files.has(path))
  }

  remove(path: string): Promise<void> {
    return this.#operate('unlink', () => {
      this.#disk.files.delete(path)
    })
  }

  list(path: string): Promise<readonly string[]> {
    const prefix = `${path}/`
    return this.#operate('list', () =>
      [...this.#disk.files.keys()]
        .filter((file) => file.startsWith(prefix))
        .map((file) => file.slice(prefix.length))
        .filter((name) => !name.includes('/')),
    )
  }

  makeDirectory(_path: string): Promise<void> {
    return this.#operate('mkdir', () => {})
  }

  /** What is done to the disk happens even if the process dies before it hears of it. */
  #operate<Result>(label: string, operate: () => Result): Promise<Result> {
    const delayMs = 0.05 + randomFraction(this.#random) + this.#disk.slownessMs
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#simulation.schedule(this.#simulation.world, delayMs, label, () => {
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

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece.slice())
  return Buffer.concat(all)
}
