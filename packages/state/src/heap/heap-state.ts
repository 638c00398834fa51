import {
  detachString,
  hashKey,
  keyIdentity,
  MillraceError,
  type StateTtlConfig,
} from '@millrace/core'
import { EntryTtl } from './entry-ttl.ts'
import type { HeapKeyedStateBackend } from './heap-keyed-state-backend.ts'
import { KeyTable } from './key-table.ts'

/** The hash's highest bits are the key group, whatever the namespace. */
const namespaceBits = 0x1ffff

/**
 * A table with what each key has in each namespace, and the place of the current key in it, which
 * is looked up once for each record: `if (this.recordNumber !== this.backend.recordNumber)
 * this.seek()` comes before each use of `place`.
 */
export abstract class HeapState {
  protected readonly backend: HeapKeyedStateBackend
  protected readonly table: KeyTable = new KeyTable()
  protected readonly ttl: EntryTtl | undefined
  /** Of the current key in the table; -1: it has nothing. */
  protected place = -1
  /** The backend's record number that `place` was looked up for. */
  protected recordNumber = -1
  /** Where cleaning goes on; 0: at the beginning. */
  protected cursor = 0
  readonly #name: string
  #namespace: unknown = undefined
  #namespaceHash = 0

  constructor(
    description: { readonly name: string; readonly ttl: StateTtlConfig | undefined },
    backend: HeapKeyedStateBackend,
  ) {
    const { name, ttl } = description
    this.#name = name
    this.backend = backend
    this.ttl = ttl === undefined ? undefined : new EntryTtl(ttl, backend.clock)
  }

  /** Of keys that have something, in all namespaces. */
  get size(): number {
    return this.table.size
  }

  /** See `Namespaced`. */
  setCurrentNamespace(namespace: unknown): void {
    const isVoid = namespace === undefined
    this.#namespace = isVoid ? undefined : keyIdentity(namespace)
    this.#namespaceHash = isVoid ? 0 : hashKey(namespace) & namespaceBits
    this.recordNumber = -1
  }

  /** Every entry was looked at; the next call begins anew. */
  get isCleanedUp(): boolean {
    return this.cursor === 0
  }

  /** Looks at about `entryCountMax` entries more; returns how many. */
  abstract cleanUpExpired(entryCountMax: number): number

  protected seek(): void {
    const { backend } = this
    if (backend.currentKey === undefined) throw noKey(this.#name)
    this.place = this.table.find(backend.keyIdentity(), this.#namespace, this.#hash())
    this.recordNumber = backend.recordNumber
  }

  /** The current key, which has nothing yet, has this. */
  protected insert(value: unknown): void {
    const identity = detached(this.backend.keyIdentity())
    this.place = this.table.insert(identity, this.#namespace, this.#hash(), value)
  }

  #hash(): number {
    return this.backend.currentHash ^ this.#namespaceHash
  }
}

/** An identity that keeps no frame's text alive. */
export function detached(identity: unknown): unknown {
  return typeof identity === 'string' ? detachString(identity) : identity
}

function noKey(name: string): MillraceError {
  return new MillraceError(
    'KEY_INVALID',
    `State '${name}' was used outside of a record that has a key. Keyed state belongs to the key ` +
      `of the record being processed: use it in a function of a KeyedStream, not in open or ` +
      `close.`,
    { blame: 'user' },
  )
}
