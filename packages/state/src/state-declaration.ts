import { MillraceError, type StateDescription, type TypeDescriptor } from '@millrace/core'
import { DeclaredType } from './declared-type.ts'
import type { StoredState } from './snapshot/segment-format.ts'
import { requireCompatible, storedState } from './snapshot/stored-state.ts'

const anyType = new DeclaredType('', '', null)

/** What is known of a state: what the program says of it, or else what was restored. */
export class StateDeclaration {
  /** Of a value, an element of a list or a value of a map; what is written has it. */
  valueType: DeclaredType = anyType
  /** Of the keys of a map. */
  keyType: DeclaredType = anyType
  #stored: StoredState
  #isDescribed = false

  constructor(stored: StoredState) {
    this.#stored = stored
  }

  /** As segments name it. */
  get stored(): StoredState {
    return this.#stored
  }

  /**
   * It is asked for: what the program says of it holds.
   *
   * @throws MillraceError STATE_INCOMPATIBLE where what was restored cannot be it.
   */
  describe(description: StateDescription): void {
    const asked = storedState(this.#stored.id, description)
    requireCompatible(this.#stored, asked)
    this.#isDescribed = true
    this.#stored = asked
    const { name, kind } = description
    const types = this.#stored.types as readonly (TypeDescriptor | null)[]
    const what = kind === 'list' ? 'An element' : kind === 'map' ? 'A value' : 'The value'
    this.valueType = new DeclaredType(name, what, types.at(-1) ?? null)
    if (kind === 'map') this.keyType = new DeclaredType(name, 'A key of the map', types[0] ?? null)
  }

  /**
   * A segment names it. False: what the program said of it before holds.
   *
   * @throws MillraceError STATE_INCOMPATIBLE where it cannot be what the program asked for.
   */
  describeRestored(stored: StoredState): boolean {
    if (this.#isDescribed) {
      requireCompatible(stored, this.#stored)
      return false
    }
    this.#stored = { ...stored, id: this.#stored.id }
    return true
  }

  /** The error for a state that is used where there is no current key. */
  noKey(): MillraceError {
    return new MillraceError(
      'KEY_INVALID',
      `State '${this.#stored.name}' was used outside of a record that has a key. Keyed state ` +
        'belongs to the key of the record being processed: use it in a function of a ' +
        'KeyedStream, not in open or close.',
      { blame: 'user' },
    )
  }
}
