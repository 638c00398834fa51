import type { ListedFile } from './file-system.ts'

/**
 * Where the files of one job's checkpoints are. Small on purpose: another store is one file that
 * implements it. Names are relative, with `/` between parts, and never written twice.
 */
export interface CheckpointStorage {
  /** For messages: a path or a URL. */
  readonly location: string
  /**
   * Durable and whole once it resolves; before that, nothing of that name can be read. Rejects with
   * FILE_WRITE_FAILED, and leaves nothing.
   */
  write(name: string, content: Uint8Array): Promise<void>
  /**
   * The same for a name that must not exist: false where it does, whoever wrote it. This is what
   * makes one of two JobManagers win.
   *
   * `confirm` is asked when the content lies there as an unfinished write, which `inspect` shows
   * and `delete` undoes, and nothing but the name is missing: where it rejects, or somebody deleted
   * the unfinished write meanwhile, this rejects too and nothing is created.
   */
  create(name: string, content: Uint8Array, confirm?: () => Promise<void>): Promise<boolean>
  /** Rejects with FILE_NOT_FOUND or FILE_READ_FAILED. */
  read(name: string): Promise<Uint8Array>
  /** The same for these bytes of it, fewer where it ends before. */
  readRange(name: string, offset: number, length: number): Promise<Uint8Array>
  /**
   * Makes this name here what it is there, durable and whole once it resolves: without moving bytes
   * where both are one store, which knows how. A name that is there already stays. Names of files
   * end in the hash of their content, so what is read is verified. Rejects with FILE_NOT_FOUND,
   * FILE_READ_FAILED or FILE_WRITE_FAILED.
   */
  copyFrom(source: CheckpointStorage, name: string): Promise<void>
  /** No error where there is none. */
  delete(name: string): Promise<void>
  /** Names of all whole files below a folder; '' is the whole. Not for the hot path. */
  list(folder: string): Promise<readonly string[]>
  /**
   * The same with sizes and ages, and with what unfinished writes left: names that end in `.tmp`,
   * which can only be deleted. For `verify` and `gc`.
   */
  inspect(folder: string): Promise<readonly ListedFile[]>
  /**
   * Removes what a writer that died before it wrote has left, where that takes room or shows. One
   * that is about to write is not disturbed.
   */
  removeEmptyFolders(): Promise<void>
}
