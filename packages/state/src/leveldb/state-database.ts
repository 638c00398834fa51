/**
 * The database of a backend. Reads are synchronous and see every batch that is done; one batch is
 * written at a time.
 */
export interface StateDatabase {
  /** The value of a key. Throws what went wrong. */
  get(key: Uint8Array): Uint8Array | undefined
  /** A batch to be filled and written. */
  batch(): StateBatch
  /** Entries as they are now, in the order of their keys, from `start` up to, without, `end`. */
  scan(start: Uint8Array, end: Uint8Array): StateScan
  /** Room on the disk beside the database, for bytes that are needed later. */
  spill(): StateSpill
  /** Holds the thread for about so long. */
  pause(ms: number): void
  /** Waits for what is being written, and deletes everything. */
  close(): Promise<void>
}

/** Puts and deletes that are written together. Keys and values are copied at once. */
export interface StateBatch {
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
  /** Begins at once, whether or not the event loop goes on. Called once. */
  write(): Promise<void>
}

export interface StateScan {
  /** The next ones, `countMax` at most; none at the end. */
  next(countMax: number): Promise<readonly (readonly [key: Uint8Array, value: Uint8Array])[]>
  close(): Promise<void>
}

export interface StateSpill {
  /** Writes at once. Throws what went wrong. */
  append(bytes: Uint8Array): void
  /** All that was written. Rejects where it is not what was written. */
  read(): Promise<Uint8Array>
  /** It is not needed any more. Nothing is called after it. */
  drop(): void
}
