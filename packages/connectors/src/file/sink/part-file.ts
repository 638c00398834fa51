import { assert } from '@millrace/core'
import type { OutputFile, OutputFiles } from './output-files.ts'
import type { PartFileInfo } from './rolling-policy.ts'

/** What is to be done when a checkpoint completes, in whatever process. Plain data. */
export type FileCommittable =
  | {
      readonly kind: 'publish'
      /** Absolute; the hidden file. Closed, and on the disk. */
      readonly path: string
      /** Absolute; in the same folder. */
      readonly targetPath: string
      readonly sizeBytes: number
    }
  | { readonly kind: 'remove'; readonly path: string }

/** A file that was not given to the committer when its writer's state was taken. Plain data. */
export interface PartFileState {
  readonly path: string
  readonly targetPath: string
  /** What was on the disk by then. What follows it is void. */
  readonly validLengthBytes: number
  /** Absolute: files it was copied from, of no use once it is published. */
  readonly supersededPaths: readonly string[]
}

/** What a checkpoint keeps of a writer. Plain data. */
export interface FileWriterState {
  /** Absolute. */
  readonly directory: string
  readonly subtaskIndex: number
  /** No file of the subtask has this number or a higher one. */
  readonly nextPartNumber: number
  /** The last one may go on to be written. */
  readonly parts: readonly PartFileState[]
}

export interface PartFilePlace {
  readonly path: string
  readonly targetPath: string
  readonly supersededPaths: readonly string[]
}

/**
 * One file of a FileSinkWriter. In progress it takes text, sealed no more; pending it is whole, on
 * the disk and closed, and waits for its commit.
 */
export class PartFile implements PartFileInfo {
  readonly path: string
  readonly targetPath: string
  readonly supersededPaths: readonly string[]
  readonly openedAtMs: number
  #sizeBytes: number
  #lastWriteMs: number
  #state: 'in-progress' | 'sealed' | 'pending' | 'closed' = 'in-progress'
  #pieces: Uint8Array[] = []
  #file: OutputFile | undefined

  /** `reopened`: a file of an earlier attempt that goes on, and how long it is. */
  constructor(
    place: PartFilePlace,
    nowMs: number,
    reopened?: { readonly file: OutputFile; readonly sizeBytes: number },
  ) {
    this.path = place.path
    this.targetPath = place.targetPath
    this.supersededPaths = place.supersededPaths
    this.openedAtMs = nowMs
    this.#lastWriteMs = nowMs
    this.#sizeBytes = reopened?.sizeBytes ?? 0
    this.#file = reopened?.file
  }

  /** With what is still to be written. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get lastWriteMs(): number {
    return this.#lastWriteMs
  }

  get isPending(): boolean {
    return this.#state === 'pending'
  }

  /** Something is to be written, or to be closed. */
  get hasWork(): boolean {
    return this.#pieces.length > 0 || this.#state === 'sealed'
  }

  add(piece: Uint8Array, nowMs: number): void {
    assert(this.#state === 'in-progress', 'a file that is sealed takes no text')
    this.#pieces.push(piece)
    this.#sizeBytes += piece.length
    this.#lastWriteMs = nowMs
  }

  /** Nothing is added any more. */
  seal(): void {
    assert(this.#state === 'in-progress', 'a file is sealed once')
    this.#state = 'sealed'
  }

  /** Does what is to be done next; resolves with how many bytes were written. */
  async work(files: OutputFiles): Promise<number> {
    if (this.#pieces.length === 0) {
      await this.#finish()
      return 0
    }
    const bytes = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
    assert(bytes !== undefined, 'there is a piece')
    this.#pieces = []
    this.#file ??= await files.create(this.path)
    await this.#file.write(bytes)
    return bytes.length
  }

  /** All that was written is on the disk. */
  async sync(): Promise<void> {
    assert(this.#pieces.length === 0, 'a file is written before it is synced')
    await this.#file?.sync()
  }

  /** The file stays as it is, and is not gone on with. */
  async close(): Promise<void> {
    this.#state = 'closed'
    await this.#file?.close()
    this.#file = undefined
  }

  state(): PartFileState {
    const { path, targetPath, sizeBytes, supersededPaths } = this
    return { path, targetPath, validLengthBytes: sizeBytes, supersededPaths }
  }

  committables(): readonly FileCommittable[] {
    assert(this.#state === 'pending', 'only a file that is whole can be committed')
    const { path, targetPath, sizeBytes, supersededPaths } = this
    return [
      { kind: 'publish', path, targetPath, sizeBytes },
      ...supersededPaths.map((each) => ({ kind: 'remove', path: each }) as const),
    ]
  }

  async #finish(): Promise<void> {
    assert(this.#state === 'sealed', 'a file is closed after it was sealed')
    await this.#file?.sync()
    await this.#file?.close()
    this.#file = undefined
    this.#state = 'pending'
  }
}
