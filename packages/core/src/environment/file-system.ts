export type FileContent = Uint8Array | AsyncIterable<Uint8Array>

/** The few file operations the engine makes; real or simulated. Paths are absolute. */
export interface FileSystem {
  /** Whole content, or undefined where there is no such file. */
  readFile(path: string): Promise<Uint8Array | undefined>
  /**
   * Writes all, syncs, and renames into place: after it resolves the content is durable. Content
   * that comes in pieces is written as it comes; where it fails, or the disk does, the file is left
   * as it was. Unfinished content has a name that ends in `.tmp`.
   */
  writeFileAtomically(path: string, content: FileContent): Promise<void>
  exists(path: string): Promise<boolean>
  /** Deletes a file; no error where there is none. */
  remove(path: string): Promise<void>
  /** Names (not paths) in a folder; empty where there is none. */
  list(path: string): Promise<readonly string[]>
  /** Makes the folder and those above it. */
  makeDirectory(path: string): Promise<void>
}
