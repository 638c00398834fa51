import { hashKey, keyIdentity, MillraceError } from '@millrace/core'
import type { Cell } from './cell.ts'
import type { CellCache } from './cell-cache.ts'
import type { CellSpace } from './cell-space.ts'
import type { EntryClock } from './entry-clock.ts'
import type { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'

/** The hash's highest bits are the key group, whatever the namespace or the part. */
export const partBits = 0x1ffff

/**
 * A state of the backend, and the head of what the current key has in the current namespace. Each
 * operation calls `seek` first, which is where cells may leave the cache.
 */
export abstract class LevelDbState {
  protected readonly backend: LevelDbKeyedStateBackend
  protected readonly cache: CellCache
  protected readonly clock: EntryClock | undefined
  protected abstract readonly heads: CellSpace
  readonly #name: string
  #namespace: unknown = undefined
  #namespaceHash = 0
  #cell: Cell | undefined = undefined
  #recordNumber = -1

  constructor(
    name: string,
    backend: LevelDbKeyedStateBackend,
    { cache, clock }: { readonly cache: CellCache; readonly clock: EntryClock | undefined },
  ) {
    this.#name = name
    this.backend = backend
    this.cache = cache
    this.clock = clock
  }

  /** See `Namespaced`. */
  setCurrentNamespace(namespace: unknown): void {
    const isVoid = namespace === undefined
    this.#namespace = isVoid ? undefined : keyIdentity(namespace)
    this.#namespaceHash = isVoid ? 0 : hashKey(namespace) & partBits
    this.#recordNumber = -1
  }

  /** It has a time to live. */
  get expires(): boolean {
    return this.clock !== undefined
  }

  /** The spaces of its cells. */
  abstract get spaces(): readonly CellSpace[]

  /** The head of the current key; cells found before are not to be used any more. */
  protected seek(): Cell {
    const { backend } = this
    const cell = this.#cell
    this.cache.makeRoom()
    if (cell !== undefined && this.#recordNumber === backend.recordNumber && cell.at >= 0) {
      return cell
    }
    if (backend.currentKey === undefined) throw noKey(this.#name)
    const hash = backend.currentHash ^ this.#namespaceHash
    const found = this.cache.find(this.heads, backend.keyIdentity(), this.#namespace, hash)
    this.#cell = found
    this.#recordNumber = backend.recordNumber
    return found
  }

  /** The same head, after others may have made it leave. */
  protected seekAgain({ identity, scope, hash }: Cell): Cell {
    return this.cache.find(this.heads, identity, scope, hash)
  }
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
