/** A file that was found, as long as it was then. `path` is absolute. */
export interface DiscoveredFile {
  readonly path: string
  readonly sizeBytes: number
}

export interface OpenFile {
  /**
   * Reads up to `length` bytes from `position` of the file into `buffer` at `offset`; resolves with
   * how many, 0 at the end of the file.
   */
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<number>
  close(): Promise<void>
}

/** How a FileSource reaches files. */
export interface FileAccess {
  /**
   * All files that the patterns name: files, folders with all that is below them, globs. Each once,
   * in order of their paths. Rejects with FILE_NOT_FOUND for a path that is not there, and for a
   * glob without a match if `mustMatch`.
   */
  discover(
    patterns: readonly string[],
    options: { readonly mustMatch: boolean },
  ): Promise<readonly DiscoveredFile[]>
  /** Rejects with FILE_READ_FAILED. */
  open(path: string): Promise<OpenFile>
}
