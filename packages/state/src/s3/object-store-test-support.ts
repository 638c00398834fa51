import type { Clock, Timer } from '@millrace/core'
import {
  type ByteRange,
  type ListedObject,
  type ListedUpload,
  type ObjectHead,
  type ObjectPart,
  type ObjectStore,
  ObjectStoreError,
  type Page,
  type PutRequest,
  type UploadedPart,
} from './object-store.ts'

/** Time passes when somebody waits for it, and then at once. */
export class HurriedClock implements Clock {
  nowMs = 0
  readonly waitsMs: number[] = []
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  now(): number {
    return this.nowMs
  }

  monotonicMs(): number {
    return this.nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.nowMs + delayMs, callback }
    this.#timers.add(timer)
    this.waitsMs.push(delayMs)
    return { cancel: () => this.#timers.delete(timer) }
  }

  setImmediate(callback: () => void): void {
    setImmediate(callback)
  }

  /** Fires the timer that is due first; false where there is none. */
  fireNext(): boolean {
    const [next] = [...this.#timers].sort((a, b) => a.atMs - b.atMs)
    if (next === undefined) return false
    this.#timers.delete(next)
    this.nowMs = next.atMs
    next.callback()
    return true
  }

  /** Until `promise` is settled: whenever everything waits, the next timer fires. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = (): void => {
      isSettled = true
    }
    promise.then(settle, settle)
    for (;;) {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      if (isSettled || !this.fireNext()) return promise
    }
  }
}

export const busy = (): ObjectStoreError => new ObjectStoreError('SlowDown', 'later', 503)
export const cutOff = (): ObjectStoreError => new ObjectStoreError('ECONNRESET', 'cut', undefined)

export interface StoredObject {
  readonly content: Uint8Array
  readonly writer: string | undefined
}

/** Objects in memory, with faults by request. */
export class MemoryObjectStore implements ObjectStore {
  readonly bucket: string = 'bucket'
  readonly objects: Map<string, StoredObject> = new Map()
  /** Called with what is about to be done, and again with `done` after it; throws the fault. */
  fault: (request: string, when: 'before' | 'done') => void = () => {}
  /** As servers that keep nothing beside an object do. */
  forgetsWriters = false
  /** As servers that do not know If-None-Match do. */
  ignoresConditions = false
  readonly requests: string[] = []

  put({ key, content, writer, isNew }: PutRequest): Promise<void> {
    return this.#do('put', () => {
      if (isNew && !this.ignoresConditions && this.objects.has(key)) {
        throw new ObjectStoreError('PreconditionFailed', 'it is there', 412)
      }
      const kept = this.forgetsWriters ? undefined : writer
      this.objects.set(key, { content: content.slice(), writer: kept })
    })
  }

  get(key: string, { offset, length }: ByteRange): Promise<ObjectPart> {
    return this.#do('get', () => {
      const found = this.objects.get(key)
      if (found === undefined) throw new ObjectStoreError('NoSuchKey', 'it is not there', 404)
      const content = found.content.slice(offset, offset + length)
      return { content, totalBytes: found.content.length }
    })
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return this.#do('head', () => {
      const found = this.objects.get(key)
      return found && { sizeBytes: found.content.length, writer: found.writer }
    })
  }

  delete(key: string): Promise<void> {
    return this.#do('delete', () => {
      this.objects.delete(key)
    })
  }

  list(): Promise<Page<ListedObject>> {
    return this.#do('list', () => ({
      items: [...this.objects].map(([key, { content }]) => {
        return { key, sizeBytes: content.length, modifiedAtMs: 1 }
      }),
      next: undefined,
    }))
  }

  copy(): Promise<void> {
    return this.#absent()
  }

  listFolders(): Promise<Page<string>> {
    return this.#absent()
  }

  createUpload(): Promise<string> {
    return this.#absent()
  }

  putPart(): Promise<UploadedPart> {
    return this.#absent()
  }

  copyPart(): Promise<UploadedPart> {
    return this.#absent()
  }

  completeUpload(): Promise<void> {
    return this.#absent()
  }

  abortUpload(): Promise<void> {
    return this.#absent()
  }

  listUploads(): Promise<Page<ListedUpload>> {
    return this.#absent()
  }

  sizeOfUpload(): Promise<number> {
    return this.#absent()
  }

  async #do<T>(request: string, action: () => T): Promise<T> {
    this.requests.push(request)
    this.fault(request, 'before')
    const result = action()
    this.fault(request, 'done')
    return result
  }

  /** The real server tests them. */
  async #absent(): Promise<never> {
    throw new Error('not asked for')
  }
}
