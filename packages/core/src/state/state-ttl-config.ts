/**
 * How long state lives. A value, each element of a list and each entry of a map expires by itself,
 * `ms` of processing time after it was touched last; removed ones are counted.
 */
export interface StateTtlConfig {
  /** Milliseconds, a whole number above 0. */
  readonly ms: number
  /** What counts as touching. Default: `on-create-and-write`. */
  readonly update?: 'on-create-and-write' | 'on-read-and-write'
  /**
   * Whether what has expired can still be read until it is cleaned up in the background. Default:
   * `never-return-expired`.
   */
  readonly visibility?: 'never-return-expired' | 'return-expired-if-not-cleaned-up'
}
