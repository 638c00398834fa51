/**
 * Takes what a function emits. A record that was collected belongs to the engine: it is not
 * changed afterwards, neither by who emitted it nor by who receives it.
 */
export interface Collector<T> {
  collect(record: T): void
}
