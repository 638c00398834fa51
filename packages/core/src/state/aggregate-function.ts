/**
 * Aggregates values in an accumulator, which is what is kept.
 *
 * ```ts
 * const average = {
 *   createAccumulator: () => ({ sum: 0, count: 0 }),
 *   add: (value: number, { sum, count }: { sum: number; count: number }) => ({
 *     sum: sum + value,
 *     count: count + 1,
 *   }),
 *   getResult: ({ sum, count }: { sum: number; count: number }) => sum / count,
 * }
 * ```
 */
export interface AggregateFunction<In, Accumulator, Out> {
  createAccumulator(): Accumulator
  /** The accumulator with the value in it: a new one, or the one given, changed. */
  add(value: In, accumulator: Accumulator): Accumulator
  getResult(accumulator: Accumulator): Out
  /** Two accumulators as one: what windows that grow together need. Rolling state does without. */
  merge?(left: Accumulator, right: Accumulator): Accumulator
}
