import type { Actor } from './actor.ts'

export interface SimulatedEvent {
  readonly atMs: number
  /** Orders events of one time: the order they were scheduled in. */
  readonly sequence: number
  readonly actor: Actor
  /** What happens, for the log. */
  readonly label: string
  readonly run: () => void
  isCanceled: boolean
}

/** Events by time, then by sequence: a binary heap. */
export class EventQueue {
  readonly #heap: SimulatedEvent[] = []

  get size(): number {
    return this.#heap.length
  }

  get first(): SimulatedEvent | undefined {
    return this.#heap[0]
  }

  push(event: SimulatedEvent): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (parent === undefined || isBefore(parent, event)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = event
  }

  pop(): SimulatedEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let childIndex = 2 * index + 1
      let child = heap[childIndex]
      if (child === undefined) break
      const right = heap[childIndex + 1]
      if (right !== undefined && isBefore(right, child)) {
        childIndex++
        child = right
      }
      if (isBefore(last, child)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = last
    return first
  }
}

function isBefore(left: SimulatedEvent, right: SimulatedEvent): boolean {
  return left.atMs === right.atMs ? left.sequence < right.sequence : left.atMs < right.atMs
}
