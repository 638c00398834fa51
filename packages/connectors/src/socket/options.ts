/** Settings of a SocketTextSource. */
export interface SocketTextSourceOptions {
  /** What ends a record. Default: a line feed, and a carriage return before it is dropped. */
  readonly delimiter?: string
  /**
   * How often in a row connecting may fail, or the peer close, before the source gives up.
   * Default 0: it ends when the peer closes, and fails when nobody listens. Infinity: never.
   */
  readonly maxRetries?: number
  /** Before the first retry; doubles up to 30 s. Default 500 ms. */
  readonly retryDelayMs?: number
  /** A longer record fails the job with RECORD_TOO_LARGE. Default 16 MB. */
  readonly recordSizeMaxBytes?: number
}

export const delimiterDefault: string = '\n'
export const maxRetriesDefault: number = 0
export const retryDelayMsDefault: number = 500
export const retryDelayMsMax: number = 30_000
export const recordSizeMaxBytesDefault: number = 16 * 1024 * 1024
/** Bytes received and not emitted; beyond it the peer is made to wait. */
export const receivedBytesMax: number = 1024 * 1024
