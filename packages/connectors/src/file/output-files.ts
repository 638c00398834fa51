/** A file that is being written, from its beginning on. */
export interface OutputFile {
  /** Resolves when all bytes were given to the operating system. One write at a time. */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when all is on the disk and the file is closed. */
  finish(): Promise<void>
  /** Closes without more ado. */
  close(): Promise<void>
}

/** How a FileSink reaches files. Every method rejects with FILE_WRITE_FAILED. */
export interface OutputFiles {
  /** Makes the folder where it is missing, and the file, empty. */
  create(path: string): Promise<OutputFile>
  /** Names in a folder; empty where there is none. */
  list(folder: string): Promise<readonly string[]>
  /** No error where there is no such file. */
  remove(path: string): Promise<void>
  /** Replaces `target`. */
  rename(source: string, target: string): Promise<void>
  /** `name` in the folder, as an absolute path. */
  resolve(folder: string, name: string): string
}
