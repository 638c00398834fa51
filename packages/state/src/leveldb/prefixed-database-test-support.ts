import type { StateBatch, StateDatabase, StateScan, StateSpill } from './state-database.ts'

/**
 * A database of its own for each of many backends, all in one that is open already: tests of the
 * contract make backends without waiting.
 */
export class PrefixedDatabase implements StateDatabase {
  readonly #database: StateDatabase
  readonly #prefix: number

  constructor(database: StateDatabase, prefix: number) {
    this.#database = database
    this.#prefix = prefix
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#database.get(this.#prefixed(key))
  }

  batch(): StateBatch {
    const batch = this.#database.batch()
    return {
      put: (key, value) => batch.put(this.#prefixed(key), value),
      delete: (key) => batch.delete(this.#prefixed(key)),
      write: () => batch.write(),
    }
  }

  scan(start: Uint8Array, end: Uint8Array): StateScan {
    const scan = this.#database.scan(this.#prefixed(start), this.#prefixed(end))
    return {
      next: async (countMax) => {
        const entries = await scan.next(countMax)
        return entries.map(([key, value]) => [key.subarray(4), value] as const)
      },
      close: () => scan.close(),
    }
  }

  spill(): StateSpill {
    return this.#database.spill()
  }

  pause(ms: number): void {
    this.#database.pause(ms)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #prefixed(key: Uint8Array): Uint8Array {
    const prefixed = new Uint8Array(4 + key.length)
    new DataView(prefixed.buffer).setUint32(0, this.#prefix)
    prefixed.set(key, 4)
    return prefixed
  }
}
