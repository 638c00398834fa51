import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '@millrace/core'
import type { StateSpill } from '../leveldb/state-database.ts'
import { SpillFile } from './spill-file.ts'

/** A folder for files that are needed for a while; it is made with the first of them. */
export class ScratchDirectory {
  readonly #parent: string
  #path: string | undefined

  /** `parent`: a folder that is there; by default that of the system for temporary files. */
  constructor(parent: string = tmpdir()) {
    this.#parent = parent
  }

  /** A file that nothing was written to yet. Names are given once. */
  spill(name: string): StateSpill {
    this.#path ??= this.#make()
    return new SpillFile(join(this.#path, name))
  }

  /** Deletes it with all files in it. */
  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true })
    this.#path = undefined
  }

  #make(): string {
    try {
      return mkdtempSync(join(this.#parent, 'millrace-savepoint-'))
    } catch (cause) {
      throw new MillraceError(
        'FILE_WRITE_FAILED',
        `No folder for temporary files can be made in ${this.#parent}: ` +
          `${cause instanceof Error ? cause.message : String(cause)}. Name another one.`,
        { cause, blame: 'external', disposition: 'retry', details: { path: this.#parent } },
      )
    }
  }
}
