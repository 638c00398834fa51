/** The indexes `next`, `next + stride`, `next + 2 × stride`, … below `end`. Plain data. */
export interface DataGenSplit {
  /** Position in the list of all splits. */
  readonly splitIndex: number
  readonly next: number
  readonly stride: number
  /** Exclusive. */
  readonly end: number
}

/** Every index from 0 to below `end` in exactly one of the splits. */
export function splitIndexes(end: number, splitCount: number): readonly DataGenSplit[] {
  return Array.from({ length: splitCount }, (_, splitIndex) => ({
    splitIndex,
    next: splitIndex,
    stride: splitCount,
    end,
  }))
}
