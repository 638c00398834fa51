// The one place that knows classic-level. It checks no sums of what it reads: each value has
// its own CRC-32 behind it here, so that what a disk has damaged is never taken for state.
//
// Three things of it matter to a thread that may be ended at any moment (`worker.terminate()`), and
// make the whole process crash otherwise.
//  - LevelDB's own threads outlive the worker: the add-on must never be unloaded (`keepLoaded`).
//  - `batch([...])` reads JavaScript objects in native code and crashes where the thread ends in
//    the middle. Chained batches do not, as long as no option is passed to `write`.
//  - A thread that ends while an iterator is being made leaves it open: few iterators, long ones.

import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { ByteWriter } from '@millrace/core'
import type { ClassicLevel } from 'classic-level'
import type { StateBatch, StateDatabase, StateScan, StateSpill } from '../leveldb/state-database.ts'
import { crc32 } from './checksum.ts'
import { SpillFile } from './spill-file.ts'

/** Sizes in bytes. */
export interface LevelDatabaseOptions {
  readonly blockCacheSizeBytes: number
  readonly writeBufferSizeBytes: number
}

type Level = ClassicLevel<Uint8Array, Uint8Array>

const views = { keyEncoding: 'view', valueEncoding: 'view' } as const

/** A LevelDB of this process's own, which is never synced: it does not outlive the process. */
export class LevelDatabase implements StateDatabase {
  readonly #level: Level
  readonly #directory: string
  readonly #writer = new ByteWriter()
  #spillCount = 0
  readonly #word = new Int32Array(new SharedArrayBuffer(4))

  private constructor(level: Level, directory: string) {
    this.#level = level
    this.#directory = directory
  }

  /** Makes the directory and those above it; what is in it is deleted first. */
  static async open(directory: string, options: LevelDatabaseOptions): Promise<LevelDatabase> {
    const { ClassicLevel } = await import('classic-level')
    keepLoaded()
    await rm(directory, { recursive: true, force: true })
    const level: Level = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
      ...views,
      cacheSize: options.blockCacheSizeBytes,
      writeBufferSize: options.writeBufferSizeBytes,
    })
    await level.open()
    return new LevelDatabase(level, directory)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const stored = this.#level.getSync(key)
    return stored === undefined ? undefined : this.#valueOf(stored)
  }

  batch(): StateBatch {
    const batch = this.#level.batch()
    return {
      put: (key, value) => void batch.put(key, this.#stored(value)),
      delete: (key) => void batch.del(key),
      write: () => batch.write(),
    }
  }

  scan(start: Uint8Array, end: Uint8Array): StateScan {
    const iterator = this.#level.iterator({ gte: start, lt: end, fillCache: false })
    return {
      next: async (countMax) => {
        const entries = await iterator.nextv(countMax)
        return entries.map(([key, stored]) => [key, this.#valueOf(stored)] as const)
      },
      close: () => iterator.close(),
    }
  }

  spill(): StateSpill {
    // LevelDB leaves files alone that are not named like its own.
    return new SpillFile(join(this.#directory, `spill-${this.#spillCount++}`))
  }

  pause(ms: number): void {
    Atomics.wait(this.#word, 0, 0, ms)
  }

  async close(): Promise<void> {
    await this.#level.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** Good until the next call: a batch copies it. */
  #stored(value: Uint8Array): Uint8Array {
    const writer = this.#writer
    writer.position = 0
    writer.reserve(value.length + checksumBytes)
    writer.bytes.set(value)
    writer.view.setUint32(value.length, crc32(value))
    return writer.bytes.subarray(0, value.length + checksumBytes)
  }

  #valueOf(stored: Uint8Array): Uint8Array {
    const { buffer, byteOffset, length } = stored
    const value = stored.subarray(0, Math.max(0, length - checksumBytes))
    if (length >= checksumBytes) {
      const written = new DataView(buffer, byteOffset).getUint32(value.length)
      if (written === crc32(value)) return value
    }
    throw new Error(`a value of ${value.length} bytes in ${this.#directory} is damaged`)
  }
}

const checksumBytes = 4

const noDelete: Readonly<Record<string, number>> = { linux: 0x1000, darwin: 0x80 }
let isKeptLoaded = false

/** Opens the add-on once more, in a way that lasts as long as the process. */
function keepLoaded(): void {
  const flag = noDelete[process.platform]
  if (isKeptLoaded || flag === undefined) return
  const loaded = Object.keys(createRequire(import.meta.url).cache)
  const file = loaded.find((path) => path.endsWith('.node') && path.includes('classic-level'))
  if (file === undefined) return
  process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | flag)
  isKeptLoaded = true
}
