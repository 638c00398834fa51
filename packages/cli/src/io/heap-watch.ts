import { getHeapStatistics } from 'node:v8'
import type { Worker } from 'node:worker_threads'

// Node ends a thread that reaches its heap limit alone, but grants it only 16 MB for its last
// steps. A thread that needs more at once (a growing array or map is copied whole) takes the whole
// process with it; measured, half of all leaks did. So the limit that V8 gets lies well above the
// one that was asked for, and the process looks at the heap from outside and ends the thread in
// between. V8 collects garbage before the heap is half-way between what lives and its limit, so
// that garbage alone does not reach that point.

const mebibyte = 2 ** 20
const headroomBytesMin = 256 * mebibyte
const externalBytesMin = 1024 * mebibyte
const busyIntervalMs = 50
const quietIntervalMs = 250

export interface HeapBounds {
  /** What a thread may surely use. */
  readonly limitBytes: number
  /** Where it is ended. */
  readonly endBytes: number
  /** What V8 is told. */
  readonly hardBytes: number
  /** Where it is ended for its memory outside of the heap, such as Buffers. */
  readonly externalEndBytes: number
}

/** Bounds of a thread that asked for `limitBytes`; 0 asks for what Node gives by default. */
export function heapBounds(limitBytes: number): HeapBounds {
  const limit = limitBytes === 0 ? getHeapStatistics().heap_size_limit / 1.5 : limitBytes
  const headroom = Math.max(headroomBytesMin, limit / 2)
  return {
    limitBytes: limit,
    endBytes: limit + 0.6 * headroom,
    hardBytes: limit + headroom,
    externalEndBytes: Math.max(limit, externalBytesMin),
  }
}

/** Looks at a thread's memory until it exits; calls `onExceeded` once, with what it holds. */
export function watchHeap(
  worker: Worker,
  bounds: HeapBounds,
  onExceeded: (error: Error) => void,
): void {
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const look = async (): Promise<void> => {
    // Answered by the thread even while user code loops; rejects once the thread has exited.
    const statistics = await worker.getHeapStatistics().catch(() => undefined)
    if (isOver || statistics === undefined) return
    const { used_heap_size: heapBytes, external_memory: externalBytes } = statistics
    if (heapBytes > bounds.endBytes || externalBytes > bounds.externalEndBytes) {
      isOver = true
      onExceeded(exceeded(heapBytes, externalBytes, bounds))
      return
    }
    schedule(heapBytes > bounds.limitBytes / 2 ? busyIntervalMs : quietIntervalMs)
  }
  const schedule = (delayMs: number): void => {
    timer = setTimeout(() => void look(), delayMs).unref()
  }
  worker.once('online', () => schedule(busyIntervalMs))
  worker.once('exit', () => {
    isOver = true
    clearTimeout(timer)
  })
}

function exceeded(heapBytes: number, externalBytes: number, bounds: HeapBounds): Error {
  const inMegabytes = (bytes: number): string => `${Math.round(bytes / mebibyte)} MB`
  return new Error(
    `The thread held ${inMegabytes(heapBytes)} in its heap, of which ` +
      `${inMegabytes(bounds.limitBytes)} are granted, and ${inMegabytes(externalBytes)} outside ` +
      `of it`,
  )
}
