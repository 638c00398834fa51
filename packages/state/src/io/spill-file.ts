import { appendFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { MillraceError } from '@millrace/core'
import type { StateSpill } from '../leveldb/state-database.ts'
import { crc32 } from './checksum.ts'

/** A scratch file; like the database beside it, it does not outlive the process. */
export class SpillFile implements StateSpill {
  readonly #path: string
  #sizeBytes = 0
  #checksum = 0

  constructor(path: string) {
    this.#path = path
  }

  append(bytes: Uint8Array): void {
    // Opened each time: there may be many of them, and few files can be open.
    appendFileSync(this.#path, bytes)
    this.#sizeBytes += bytes.length
    this.#checksum = crc32(bytes, this.#checksum)
  }

  async read(): Promise<Uint8Array> {
    const bytes = this.#sizeBytes === 0 ? new Uint8Array() : await readFile(this.#path)
    if (bytes.length === this.#sizeBytes && crc32(bytes) === this.#checksum) return bytes
    throw new MillraceError(
      'STATE_BACKEND_FAILED',
      `${this.#path} is not what was written to it: ${bytes.length} bytes of ` +
        `${this.#sizeBytes}, CRC-32 ${crc32(bytes)} instead of ${this.#checksum}. Look at the ` +
        'disk below io.tmp.dirs.',
      { blame: 'external', disposition: 'retry' },
    )
  }

  drop(): void {
    // One that cannot be deleted is deleted with the directory.
    rm(this.#path, { force: true }).catch(() => undefined)
  }
}
