/** A file that is being written, at its end. */
export interface OutputFile {
  /** Resolves when all bytes were given to the operating system. One write at a time. */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when all that was written is on the disk. */
  sync(): Promise<void>
  /** Closes without more ado. */
  close(): Promise<void>
}

/** How a FileSink reaches files. Every method rejects with FILE_WRITE_FAILED. */
export interface OutputFiles {
  /** Makes the folder and those above it where they are missing. */
  makeFolder(path: string): Promise<void>
  /** Makes a file that is not there yet, empty. Its folder must be there. */
  create(path: string): Promise<OutputFile>
  /**
   * Makes `target`, or replaces it, with the first `lengthBytes` bytes of `source`, and opens it at
   * its end.
   */
  copyStart(source: string, target: string, lengthBytes: number): Promise<OutputFile>
  /** Names in a folder; empty where there is none. */
  list(folder: string): Promise<readonly string[]>
  /** undefined where there is no such file. */
  sizeOf(path: string): Promise<number | undefined>
  /** No error where there is no such file. */
  remove(path: string): Promise<void>
  /** Replaces `target`. */
  rename(source: string, target: string): Promise<void>
  /** Resolves when what was made, renamed or removed in the folder is so on the disk. */
  syncFolder(path: string): Promise<void>
  /** `name` in the folder, as an absolute path. */
  resolve(folder: string, name: string): string
}
