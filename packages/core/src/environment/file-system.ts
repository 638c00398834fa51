export type FileContent = Uint8Array | AsyncIterable<Uint8Array>

/** A file below a folder that was listed. */
export interface ListedFile {
  /** Relative to that folder, with `/` between parts. */
  readonly name: string
  readonly sizeBytes: number
  /** Wall clock of the disk, milliseconds since 1970. */
  readonly modifiedAtMs: number
}

/** The few file operations the engine makes; real or simulated. Paths are absolute. */
export interface FileSystem {
  /** Whole content, or undefined where there is no such file. */
  readFile(path: string): Promise<Uint8Array | undefined>
  /** These bytes of the file, fewer where it ends before; undefined where there is no such file. */
  readFileRange(path: string, offset: number, length: number): Promise<Uint8Array | undefined>
  /**
   * Writes all, syncs, and renames into place: after it resolves the content is durable. Content
   * that comes in pieces is written as it comes; where it fails, or the disk does, the file is left
   * as it was. Unfinished content has a name that ends in `.tmp`.
   */
  writeFileAtomically(path: string, content: FileContent): Promise<void>
  /**
   * Writes all, and is done when the system has it: a crash leaves any part of it, or nothing. For
   * copies that are verified when they are read.
   */
  writeFile(path: string, content: Uint8Array): Promise<void>
  /**
   * `writeFileAtomically` for a path that must not exist: false where it does, and that file is
   * left as it is. Of several processes that try at once, one is answered true. `confirm` is asked
   * when all is written but the file has not its name yet: where it rejects, so does this, and
   * there is no file. Nor is there where somebody deleted the unfinished content meanwhile.
   */
  createFileAtomically(
    path: string,
    content: Uint8Array,
    confirm?: () => Promise<void>,
  ): Promise<boolean>
  /**
   * Makes `to` a file of the same content, durable once it resolves: a second name of the same file
   * where the disk can, for files that are never changed. Where there is a `to` it stays as it is.
   * False where there is no `from`.
   */
  linkOrCopyFile(from: string, to: string): Promise<boolean>
  exists(path: string): Promise<boolean>
  /** Deletes a file; no error where there is none. */
  remove(path: string): Promise<void>
  /** Names (not paths) in a folder; empty where there is none. */
  list(path: string): Promise<readonly string[]>
  /** All files below a folder, of whatever depth, in no order; empty where there is none. */
  listRecursively(path: string): Promise<readonly ListedFile[]>
  /** Makes the folder and those above it; durable once it resolves. */
  makeDirectory(path: string): Promise<void>
  /** Deletes an empty folder; false where it is not empty, not there, or must stay. */
  removeDirectory(path: string): Promise<boolean>
}
